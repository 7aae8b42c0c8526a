// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>
/// How positions map to rows of the rotary table. Models without LongRoPE have one row a position. LongRoPE has two regimes, chosen by the length of the
/// whole sequence: rows [0, original) are the short one, rows from there on the long one, both from position 0.
/// </summary>
/// <remarks>
/// The reference implementation drops the cache when a sequence grows past the original length, since its keys were rotated with the short factors.
/// The scheduler does the same whenever <see cref="Offset"/> of a sequence changes.
/// </remarks>
internal readonly record struct RopeRows(int SwitchLength)
{
    public static RopeRows Of(RopeConfig rope) =>
        new(rope.Scaling is LongRopeScaling scaling ? scaling.OriginalMaxPositions : int.MaxValue);

    /// <summary>Added to a position of a sequence that is <paramref name="sequenceLength"/> tokens long in all.</summary>
    public int Offset(int sequenceLength) => sequenceLength > SwitchLength ? SwitchLength : 0;

    /// <summary>Rows that sequences of up to <paramref name="contextLength"/> tokens need.</summary>
    public int Count(int contextLength) => contextLength > SwitchLength ? SwitchLength + contextLength : contextLength;
}
