// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights.Hub;

/// <summary>
/// Codes and zero points of a matrix of integers as unsigned numbers, by rows, however they lie in the file: a weight is <c>(code - zero point) * scale</c>.
/// </summary>
internal interface IIntegerCodes
{
    /// <summary>4 or 8.</summary>
    int Bits { get; }

    /// <summary>Every zero point is the middle of the codes, 8 or 128. Looks at all of them.</summary>
    bool IsCentered { get; }

    /// <summary>Codes of rows [start, start + count), a byte each.</summary>
    /// <param name="start">First row.</param>
    /// <param name="count">Rows.</param>
    /// <param name="codes">[count, stride]; up to seven bytes past a row's last input may be written.</param>
    /// <param name="stride">From one row to the next: a multiple of 8.</param>
    void ReadCodes(int start, int count, Span<byte> codes, int stride);

    /// <summary>Zero points of a row, one a group.</summary>
    void ReadZeros(int row, Span<int> zeros);
}
