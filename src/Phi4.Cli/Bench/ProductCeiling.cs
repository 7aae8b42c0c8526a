// SPDX-License-Identifier: MIT
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Bench;

/// <summary>What bounds the matrix products of a prompt: the instruction that a model's weights are multiplied by.</summary>
internal enum ProductCeiling
{
    /// <summary>F32 multiply-adds.</summary>
    F32,

    /// <summary>Dot products of BF16, twice as fast where there are any.</summary>
    BFloat16,

    /// <summary>Dot products of bytes, four times as fast where there are any.</summary>
    Int8,
}

/// <summary>Which ceiling is whose, and how high it is.</summary>
internal static class ProductCeilings
{
    /// <summary>The ceiling of a model's layers. Where the machine lacks the instruction, or machine code is off, the products are F32 multiply-adds.</summary>
    public static ProductCeiling Of(WeightType layers, ActivationType activations, MachineCeilings machine)
    {
        ProductCeiling wanted = layers switch
        {
            WeightType.Int8 or WeightType.Int4 => ProductCeiling.Int8,
            WeightType.BF16 when activations == ActivationType.Matched => ProductCeiling.BFloat16,
            _ => ProductCeiling.F32,
        };
        return wanted.Rate(machine) is null ? ProductCeiling.F32 : wanted;
    }

    /// <summary>Operations a second, multiply and add counted one each; null if the machine has no such instruction.</summary>
    public static double? Rate(this ProductCeiling ceiling, MachineCeilings machine) => ceiling switch
    {
        ProductCeiling.Int8 => machine.Int8OperationsPerSecond,
        ProductCeiling.BFloat16 => machine.BFloat16FlopsPerSecond,
        _ => machine.FlopsPerSecond,
    };

    /// <summary>As reports call it.</summary>
    public static string Name(this ProductCeiling ceiling) => ceiling switch
    {
        ProductCeiling.Int8 => "int8 dots",
        ProductCeiling.BFloat16 => "bf16 dots",
        _ => "F32 FMA",
    };
}
