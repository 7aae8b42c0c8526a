// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>The element types that checkpoints and kernels know.</summary>
/// <remarks>Names follow the safetensors format, where each is spelled as here but for the two 8-bit floats (<c>F8_E4M3</c>, <c>F8_E5M2</c>).</remarks>
public enum DType
{
    /// <summary>One byte a value, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>8-bit float: 4 exponent bits, 3 mantissa bits, no infinities.</summary>
    F8E4M3,

    /// <summary>8-bit float: 5 exponent bits, 2 mantissa bits.</summary>
    F8E5M2,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>IEEE 754 binary16.</summary>
    F16,

    /// <summary>The upper half of a binary32.</summary>
    BF16,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>IEEE 754 binary32.</summary>
    F32,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>IEEE 754 binary64.</summary>
    F64,
}

/// <summary>Sizes and spellings of <see cref="DType"/>.</summary>
public static class DTypes
{
    /// <summary>Bytes of one value.</summary>
    public static int SizeInBytes(this DType dtype) => dtype switch
    {
        DType.Bool or DType.U8 or DType.I8 or DType.F8E4M3 or DType.F8E5M2 => 1,
        DType.U16 or DType.I16 or DType.F16 or DType.BF16 => 2,
        DType.U32 or DType.I32 or DType.F32 => 4,
        DType.U64 or DType.I64 or DType.F64 => 8,
        _ => throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "Not a known element type."),
    };

    /// <summary>The safetensors spelling, e.g. <c>BF16</c> or <c>F8_E4M3</c>.</summary>
    public static string ToSafetensorsName(this DType dtype) => dtype switch
    {
        DType.Bool => "BOOL",
        DType.F8E4M3 => "F8_E4M3",
        DType.F8E5M2 => "F8_E5M2",
        _ => dtype.ToString(),
    };

    /// <summary>Reads a safetensors spelling.</summary>
    /// <returns>False if <paramref name="name"/> is none of them.</returns>
    public static bool TryParseSafetensorsName(string name, out DType dtype)
    {
        foreach (DType candidate in Enum.GetValues<DType>())
        {
            if (candidate.ToSafetensorsName() == name)
            {
                dtype = candidate;
                return true;
            }
        }

        dtype = default;
        return false;
    }
}
