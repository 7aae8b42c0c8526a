// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Driver;

namespace Phi4.Kernels.Cuda.Launch;

/// <summary>The kernels by name: all of them are found when a backend is made, so that none is missed in the middle of a step.</summary>
internal sealed class KernelTable
{
    /// <summary>The module that holds them.</summary>
    public const string Module = "kernels";

    /// <summary>Tokens of a tile of the skinny kernels, in rising order.</summary>
    public static readonly int[] SkinnyTokens = [8, 16, 32, 64];

    /// <summary>Head sizes that attention is compiled for, in rising order.</summary>
    public static readonly int[] HeadSizes = [64, 128, 256];

    private static readonly NumberType[] Formats = [NumberType.BF16, NumberType.F16];

    private static readonly WeightFormat[] BlockFormats = [WeightFormat.Int8, WeightFormat.Int4];

    private readonly CudaFunction[] _roundRows;
    private readonly CudaFunction[] _normRows;
    private readonly CudaFunction[] _linearNormed;
    private readonly CudaFunction[] _linearRope;
    private readonly CudaFunction[] _linearNormedBlocks;
    private readonly CudaFunction[][] _linearSkinny;
    private readonly CudaFunction[] _linearTiled;
    private readonly CudaFunction[] _linearWarpgroups;
    private readonly CudaFunction[] _linearExact;
    private readonly CudaFunction[][] _linearBlocks;
    private readonly CudaFunction[] _attentionWhole;
    private readonly CudaFunction[] _attentionUnits;
    private readonly CudaFunction[] _attentionWholeOfBytes;
    private readonly CudaFunction[] _attentionUnitsOfBytes;
    private readonly CudaFunction? _attentionWarpgroups;

    /// <param name="module">The module.</param>
    /// <param name="hasWarpgroups">It has the kernels for Hopper.</param>
    public KernelTable(CudaModule module, bool hasWarpgroups)
    {
        Embed = module.Find("embed");
        GatherRows = module.Find("gather_rows");
        RmsNorm = module.Find("rms_norm");
        Argmax = module.Find("argmax");
        Sample = module.Find("sample");
        RopeAndAppend = module.Find("rope_and_append");
        AttentionCombine = module.Find("attention_combine");
        AttentionExact = module.Find("attention_exact");
        _roundRows = [.. Formats.Select(format => module.Find($"round_rows_{Name(format)}"))];
        _normRows = [.. Formats.Select(format => module.Find($"norm_rows_{Name(format)}"))];
        _linearNormed = [.. Formats.Select(format => module.Find($"linear_normed_{Name(format)}"))];
        _linearRope = [.. Formats.Select(format => module.Find($"linear_rope_{Name(format)}"))];
        _linearNormedBlocks = [.. BlockFormats.Select(format => module.Find($"linear_normed_{Name(format)}"))];
        _linearSkinny = [.. Formats.Select(format => SkinnyTokens.Select(tokens => module.Find($"linear_skinny_{Name(format)}_t{tokens}")).ToArray())];
        _linearTiled = [.. Formats.Select(format => module.Find($"linear_tiled_{Name(format)}", LinearPlan.TiledSharedBytes))];
        _linearWarpgroups = hasWarpgroups
            ? [.. Formats.Select(format => module.Find($"linear_wgmma_{Name(format)}", LinearPlan.WarpgroupsSharedBytes))]
            : [];
        _linearExact = [.. Enum.GetValues<NumberType>().Select(format => module.Find($"linear_exact_{Name(format)}"))];
        _linearBlocks = [.. BlockFormats.Select(format => SkinnyTokens.Select(
            tokens => module.Find($"linear_{Name(format)}_t{tokens}", 2 * tokens * LinearPlan.SharedBytesPerToken)).ToArray())];
        _attentionWhole = [.. HeadSizes.Select(size => module.Find($"attention_whole_d{size}"))];
        _attentionWholeOfBytes = [.. HeadSizes.Select(size => module.Find($"attention_whole_s8_d{size}"))];
        _attentionUnitsOfBytes = [.. HeadSizes.Select(size => module.Find($"attention_units_s8_d{size}"))];
        _attentionWarpgroups = hasWarpgroups ? module.Find("attention_wgmma_d128", AttentionPlan.WarpgroupsSharedBytes) : null;
        _attentionUnits = [.. HeadSizes.Select(size => module.Find($"attention_units_d{size}"))];
    }

    public CudaFunction Embed { get; }

    public CudaFunction GatherRows { get; }

    public CudaFunction RmsNorm { get; }

    public CudaFunction Argmax { get; }

    public CudaFunction Sample { get; }

    public CudaFunction RopeAndAppend { get; }

    public CudaFunction AttentionCombine { get; }

    /// <summary>Over an F32 cache, nothing rounded.</summary>
    public CudaFunction AttentionExact { get; }

    public CudaFunction RoundRows(NumberType format) => _roundRows[Index(format)];

    /// <summary>Normed and rounded.</summary>
    public CudaFunction NormRows(NumberType format) => _normRows[Index(format)];

    /// <summary>The skinny kernel of the fewest tokens, over rows that it normalises itself.</summary>
    public CudaFunction LinearNormed(NumberType format) => _linearNormed[Index(format)];

    /// <summary>The same, for queries, keys and values, which it rotates and keeps.</summary>
    public CudaFunction LinearRope(NumberType format) => _linearRope[Index(format)];

    /// <summary>Likewise over blocks.</summary>
    public CudaFunction LinearNormed(WeightFormat format) => _linearNormedBlocks[Array.IndexOf(BlockFormats, format)];

    public CudaFunction LinearSkinny(NumberType format, int tokens) => _linearSkinny[Index(format)][Array.IndexOf(SkinnyTokens, tokens)];

    public CudaFunction LinearTiled(NumberType format) => _linearTiled[Index(format)];

    /// <summary>The kernels for Hopper are there.</summary>
    public bool HasWarpgroups => _linearWarpgroups.Length > 0;

    /// <summary>Likewise of many tokens, on Hopper.</summary>
    public CudaFunction LinearWarpgroups(NumberType format) => _linearWarpgroups[Index(format)];

    public CudaFunction LinearExact(NumberType format) => _linearExact[(int)format];

    public CudaFunction LinearBlocks(WeightFormat format, int tokens) =>
        _linearBlocks[Array.IndexOf(BlockFormats, format)][Array.IndexOf(SkinnyTokens, tokens)];

    public CudaFunction AttentionWhole(in KvLayerView cache)
        => (cache.DType == DType.I8 ? _attentionWholeOfBytes : _attentionWhole)[HeadIndex(cache.HeadSize)];

    /// <summary>Likewise of many tokens, on Hopper, heads of at most 128.</summary>
    public CudaFunction AttentionWarpgroups => _attentionWarpgroups ?? throw new InvalidOperationException("This module has no kernels for Hopper.");

    public CudaFunction AttentionUnits(in KvLayerView cache)
        => (cache.DType == DType.I8 ? _attentionUnitsOfBytes : _attentionUnits)[HeadIndex(cache.HeadSize)];

    private static int Index(NumberType format) => Array.IndexOf(Formats, format);

    private static int HeadIndex(int headSize) => Array.FindIndex(HeadSizes, size => size >= headSize);

    private static string Name(WeightFormat format) => format == WeightFormat.Int8 ? "int8" : "int4";

    private static string Name(NumberType format) => format switch
    {
        NumberType.BF16 => "bf16",
        NumberType.F16 => "f16",
        _ => "f32",
    };
}
