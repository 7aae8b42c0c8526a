// SPDX-License-Identifier: MIT
namespace Phi4.Kernels.Cpu.Dense;

/// <summary>Neighbouring rows of weights where they are stored, from some input on, <paramref name="RowBytes"/> apart.</summary>
internal readonly unsafe record struct StoredRows(nint Address, nint RowBytes, int Count)
{
    /// <summary>Where a row begins; past the last it is the last, whose further sums are dropped.</summary>
    public byte* Row(int row) => (byte*)Address + (Math.Min(row, Count - 1) * RowBytes);
}
