// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>A model's place in the hub cache.</summary>
/// <param name="Model">The model, as <c>owner/name</c>.</param>
/// <param name="Folder">Where it lies.</param>
/// <param name="Bytes">What it takes on the disk: bytes that revisions share count once, and unfinished downloads count.</param>
/// <param name="UnfinishedBytes">Of them, what has come of files that are not complete.</param>
/// <param name="Revisions">What was pulled of it.</param>
public sealed record CachedRepository(string Model, string Folder, long Bytes, long UnfinishedBytes, IReadOnlyList<CachedRevision> Revisions);

/// <summary>One revision of a model in the cache.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Names">Branches and tags that were this commit when they were last pulled.</param>
/// <param name="FileCount">Its files.</param>
/// <param name="Bytes">Their bytes, those too that it shares with other revisions.</param>
public sealed record CachedRevision(string Commit, IReadOnlyList<string> Names, int FileCount, long Bytes);

/// <summary>What was removed from the cache.</summary>
/// <param name="Model">The model, as <c>owner/name</c>.</param>
/// <param name="Commits">The revisions.</param>
/// <param name="Bytes">Bytes that became free.</param>
public sealed record RemovedModel(string Model, IReadOnlyList<string> Commits, long Bytes);
