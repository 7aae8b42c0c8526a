// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Core.Weights.Gguf;

/// <summary>The tensor types of GGUF files that are read, with the format's own numbers.</summary>
internal enum GgufType
{
    F32 = 0,
    F16 = 1,
    Q4_0 = 2,
    Q4_1 = 3,
    Q5_0 = 6,
    Q5_1 = 7,
    Q8_0 = 8,
    Q2_K = 10,
    Q3_K = 11,
    Q4_K = 12,
    Q5_K = 13,
    Q6_K = 14,
    IQ4_NL = 20,
    IQ4_XS = 23,
    BF16 = 30,
}

/// <summary>Block sizes of <see cref="GgufType"/>, and the names of those that are not read.</summary>
internal static class GgufTypes
{
    /// <summary>Values of a super-block of the K types.</summary>
    public const int SuperBlock = 256;

    /// <summary>Values of a block of the older types.</summary>
    public const int Block = 32;

    /// <summary>Types of other tensors than weights, and of less than four bits by codebooks: known, so that a refusal can name them.</summary>
    private static readonly (uint Number, string Name)[] Refused =
    [
        (4, "Q4_2"), (5, "Q4_3"), (9, "Q8_1"), (15, "Q8_K"), (16, "IQ2_XXS"), (17, "IQ2_XS"), (18, "IQ3_XXS"), (19, "IQ1_S"), (21, "IQ3_S"), (22, "IQ2_S"),
        (24, "I8"), (25, "I16"), (26, "I32"), (27, "I64"), (28, "F64"), (29, "IQ1_M"), (31, "Q4_0_4_4"), (32, "Q4_0_4_8"), (33, "Q4_0_8_8"),
        (34, "TQ1_0"), (35, "TQ2_0"), (39, "MXFP4"),
    ];

    public static string AllNames { get; } = string.Join(", ", Enum.GetNames<GgufType>());

    /// <summary>Values of a block.</summary>
    public static int ValuesPerBlock(this GgufType type) => type switch
    {
        GgufType.F32 or GgufType.F16 or GgufType.BF16 => 1,
        GgufType.Q4_0 or GgufType.Q4_1 or GgufType.Q5_0 or GgufType.Q5_1 or GgufType.Q8_0 or GgufType.IQ4_NL => Block,
        _ => SuperBlock,
    };

    /// <summary>Bytes of a block.</summary>
    public static int BytesPerBlock(this GgufType type) => type switch
    {
        GgufType.F32 => 4,
        GgufType.F16 or GgufType.BF16 => 2,
        GgufType.Q4_0 or GgufType.IQ4_NL => 18,
        GgufType.Q4_1 => 20,
        GgufType.Q5_0 => 22,
        GgufType.Q5_1 => 24,
        GgufType.Q8_0 => 34,
        GgufType.Q2_K => 84,
        GgufType.Q3_K => 110,
        GgufType.Q4_K => 144,
        GgufType.Q5_K => 176,
        GgufType.Q6_K => 210,
        GgufType.IQ4_XS => 136,
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "Not a type that is read."),
    };

    /// <summary>Bytes of a row of so many values, a whole number of blocks.</summary>
    public static long RowBytes(this GgufType type, long columns) => columns / type.ValuesPerBlock() * type.BytesPerBlock();

    /// <summary>The name of any number that the format gives to a type.</summary>
    public static string NameOf(uint number) => Enum.IsDefined((GgufType)number)
        ? ((GgufType)number).ToString()
        : Refused.FirstOrDefault(type => type.Number == number).Name ?? string.Create(CultureInfo.InvariantCulture, $"type {number}");
}
