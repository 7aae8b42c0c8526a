// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>How far a download has come.</summary>
/// <param name="BytesDone">Bytes that are there, those of earlier runs included.</param>
/// <param name="BytesTotal">Bytes of all files.</param>
/// <param name="FilesDone">Files that are complete.</param>
/// <param name="FilesTotal">All files.</param>
/// <param name="BytesPerSecond">What came lately; null while that is not known.</param>
/// <param name="Remaining">Time left at that rate; null while that is not known.</param>
/// <param name="Waiting">Why a file does not move, if one does not: another process, a busy hub. A phrase for people; null otherwise.</param>
public sealed record PullProgress(
    long BytesDone, long BytesTotal, int FilesDone, int FilesTotal, double? BytesPerSecond, TimeSpan? Remaining, string? Waiting = null);
