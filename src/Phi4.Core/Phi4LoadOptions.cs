// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>How a model is loaded. Immutable.</summary>
public sealed record Phi4LoadOptions
{
    /// <summary>Where the arithmetic runs.</summary>
    public Phi4Device Device { get; init; } = Phi4Device.Auto;

    /// <summary>Threads that compute, the engine's own included; null for one a processor that this process may use.</summary>
    public int? ThreadCount { get; init; }

    /// <summary>
    /// Longest sequence, prompt and answer together, in tokens; null for as much as the model was made for and memory allows.
    /// More than either is refused.
    /// </summary>
    public int? ContextLength { get; init; }

    /// <summary>
    /// Tokens that the cache holds for all sequences together, at least <see cref="ContextLength"/>; null for as many full contexts as
    /// <see cref="MaxSequences"/> asks for or memory allows.
    /// </summary>
    public int? CacheTokens { get; init; }

    /// <summary>How keys and values are stored.</summary>
    public KvCacheType KvCacheType { get; init; } = KvCacheType.F32;

    /// <summary>Sequences that one step may serve; more requests wait their turn. 1 to 1024.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>
    /// Tokens that one step computes at most: longer prompts are fed in chunks of this size, and a cancelled request stops within one step. At least 1.
    /// Results do not depend on it.
    /// </summary>
    public int MaxStepTokens { get; init; } = 256;
}

/// <summary>Where the arithmetic runs.</summary>
public enum Phi4Device
{
    /// <summary>The fastest that this build and machine offer.</summary>
    Auto,

    /// <summary>The processor, with its vector units.</summary>
    Cpu,

    /// <summary>The slow float64 reference that the others are judged by.</summary>
    Reference,
}

/// <summary>How keys and values are stored in the cache.</summary>
public enum KvCacheType
{
    /// <summary>Exactly as computed.</summary>
    F32,

    /// <summary>Rounded to bfloat16: half the memory, as the reference implementation stores them for phi-4.</summary>
    BF16,
}
