// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Quantized;

/// <summary>
/// What the quantized kernels need of the integer side of a vector: as many 32-bit lanes as its floats, each also seen as two 16-bit or four 8-bit
/// parts. Everything is exact, so no width and no route through these operations changes a bit of a result.
/// </summary>
/// <typeparam name="TI">The vector of integers.</typeparam>
/// <typeparam name="TV">The vector of floats.</typeparam>
internal unsafe interface IIntegerOps<TI, TV>
    where TI : struct
    where TV : struct
{
    /// <summary><see cref="MultiplyAddBytes"/> is there: one instruction for a product of bytes.</summary>
    static abstract bool HasByteProducts { get; }

    /// <summary><see cref="MultiplyAddQuads"/> is one instruction.</summary>
    static abstract bool HasQuadProducts { get; }

    static abstract TI Zero { get; }

    static abstract TI Load(void* source);

    /// <summary>The 32 bits at an address in every lane.</summary>
    static abstract TI Broadcast(void* source);

    static abstract TI Add(TI left, TI right);

    /// <summary>Four signed bytes of each lane as two pairs of 16 bits: bytes 0 and 2, bytes 1 and 3.</summary>
    static abstract void Widen(TI bytes, out TI even, out TI odd);

    /// <summary>The low and the high half of each byte, as bytes.</summary>
    static abstract void SplitHalves(TI bytes, out TI low, out TI high);

    /// <summary>Each byte, 0 to 15, replaced by that entry of a table of sixteen bytes.</summary>
    static abstract TI Lookup(sbyte* table, TI indices);

    /// <summary>Signed bytes + 128, as unsigned bytes.</summary>
    static abstract TI Bias(TI bytes);

    /// <summary>sum + the two 16-bit products of each lane.</summary>
    static abstract TI MultiplyAddPairs(TI sum, TI left, TI right);

    /// <summary>16-bit sums + products of unsigned and signed bytes, two to a sum; the caller sees to it that they fit.</summary>
    static abstract TI MultiplyAddBytes(TI sum, TI unsigned, TI signed);

    /// <summary>The two 16-bit sums of each lane, added.</summary>
    static abstract TI AddPairs(TI sums);

    /// <summary>sum + the four byte products of each lane: left unsigned where <see cref="IntegerHardware.QuadBias"/> is not 0, right signed.</summary>
    static abstract TI MultiplyAddQuads(TI sum, TI left, TI right);

    static abstract TV ToSingle(TI value);
}
