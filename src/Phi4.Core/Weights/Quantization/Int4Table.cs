// SPDX-License-Identifier: MIT
using System.Runtime.Intrinsics;

namespace Phi4.Core.Weights.Quantization;

/// <summary>
/// What 4-bit codes stand for unless a matrix has a table of its own. The sixteen values are those that lose least on normally distributed weights when each block takes its best scale, of
/// either sign: found by Lloyd's iteration (assign each weight to its nearest value, move each value to the mean of its weights) around the search itself,
/// stretched so that the first is -127, and rounded. <c>Int4TableTests</c> makes them again.
/// </summary>
internal static class Int4Table
{
    public const int Size = 16;

    public static Vector128<sbyte> Values { get; } = Vector128.Create(-127, -100, -79, -62, -48, -34, -22, -9, 2, 14, 25, 36, 50, 65, 83, (sbyte)108);

    /// <summary>The values of a table, for an encoder.</summary>
    public static TableCodebook CodebookOf(Vector128<sbyte> table) => new([.. Enumerable.Range(0, Size).Select(i => (float)table[i])]);
}
