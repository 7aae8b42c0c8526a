// SPDX-License-Identifier: MIT
namespace Phi4.Kernels;

/// <summary>
/// Where each of a step's T tokens stands, as I32 vectors in the backend's memory. Tokens of one sequence are neighbours, in rising position.
/// </summary>
/// <param name="TokenCount">T.</param>
/// <param name="SequenceCount">S.</param>
/// <param name="Positions">[1, T]: position in the token's sequence, from 0.</param>
/// <param name="RopeRows">[1, T]: row of the rotary table.</param>
/// <param name="Slots">[1, T]: cache slot that this token's key and value go to.</param>
/// <param name="SequenceOfToken">[1, T]: index of the token's sequence, 0..S-1.</param>
/// <param name="PageTables">[S, pages]: cache page of each block of P positions; entries past the sequence's length are not read.</param>
/// <param name="LongestLength">Largest position + 1 over the batch.</param>
internal readonly record struct BatchView(
    int TokenCount,
    int SequenceCount,
    TensorView Positions,
    TensorView RopeRows,
    TensorView Slots,
    TensorView SequenceOfToken,
    TensorView PageTables,
    int LongestLength);
