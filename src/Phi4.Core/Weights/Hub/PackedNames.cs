// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights.Hub;

/// <summary>What the layouts of the hub call the parts of a matrix, after the module's name.</summary>
internal static class PackedNames
{
    public const string Weight = ".weight";
    public const string Bias = ".bias";

    // compressed-tensors and fp8
    public const string Packed = ".weight_packed";
    public const string Scale = ".weight_scale";
    public const string ScaleInverse = ".weight_scale_inv";
    public const string ZeroPoint = ".weight_zero_point";
    public const string GroupOfInput = ".weight_g_idx";
    public const string MatrixShape = ".weight_shape";

    // GPTQ and AWQ
    public const string Codes = ".qweight";
    public const string Zeros = ".qzeros";
    public const string Scales = ".scales";
    public const string GroupIndex = ".g_idx";

    // bitsandbytes
    public const string Maxima = ".weight.absmax";
    public const string Book = ".weight.quant_map";
    public const string MaximaScales = ".weight.nested_absmax";
    public const string MaximaBook = ".weight.nested_quant_map";
    public const string State = ".weight.quant_state.bitsandbytes__";

    // Scales of roundings that are not made here: of activations, and of keys and values in a cache.
    private static readonly string[] Unused =
        [".input_scale", ".input_zero_point", ".output_scale", ".output_zero_point", ".k_scale", ".v_scale", ".q_scale"];

    /// <summary>The module of a matrix: its name without <c>.weight</c>.</summary>
    public static string Module(string matrix) => matrix[..^Weight.Length];

    /// <summary>A tensor that goes with activations, which changes no weight.</summary>
    public static bool IsOfActivations(string name) => Unused.Any(end => name.EndsWith(end, StringComparison.Ordinal));
}
