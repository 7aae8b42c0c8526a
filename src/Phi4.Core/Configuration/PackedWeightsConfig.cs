// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>How a checkpoint of the hub keeps its quantized matrices, by its <c>quantization_config</c>. docs/formats.md describes the layouts.</summary>
public sealed record PackedWeightsConfig
{
    /// <summary>How codes, zero points and scales lie.</summary>
    public required PackedLayout Layout { get; init; }

    /// <summary>Bits of a code: 4 or 8.</summary>
    public required int Bits { get; init; }

    /// <summary>Inputs that share a scale; null for all of a row.</summary>
    public int? GroupSize { get; init; }

    /// <summary>Outputs that share a scale: more than one where FP8 has square blocks.</summary>
    public int GroupRows { get; init; } = 1;

    /// <summary>Zero points are stored less one: the first format of GPTQ.</summary>
    public bool HasZerosLessOne { get; init; }

    /// <summary>The kind in words.</summary>
    public required string Description { get; init; }

    /// <summary>Settings of the file that change nothing here, each with the reason.</summary>
    public IReadOnlyList<string> Unused { get; init; } = [];
}

/// <summary>How a quantized matrix of the hub lies in its tensors.</summary>
public enum PackedLayout
{
    /// <summary>compressed-tensors <c>pack-quantized</c>: words of a row's codes.</summary>
    RowWords,

    /// <summary>compressed-tensors <c>int-quantized</c>: signed bytes.</summary>
    Integers,

    /// <summary>8-bit floats, E4M3.</summary>
    Float8,

    /// <summary>GPTQ: words along the inputs, transposed.</summary>
    Gptq,

    /// <summary>AWQ (GEMM): words of outputs in an order of their own, transposed.</summary>
    Awq,

    /// <summary>bitsandbytes: 4-bit codes of sixteen values, NF4 or FP4.</summary>
    Codebook,
}
