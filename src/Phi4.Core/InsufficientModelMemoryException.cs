// SPDX-License-Identifier: MIT
namespace Phi4;

/// <summary>The KV cache and scratch of a model do not fit into the memory that is free. Nothing was allocated.</summary>
public sealed class InsufficientModelMemoryException : Phi4Exception
{
    /// <summary>An error with the numbers behind it.</summary>
    /// <param name="requiredBytes">KV cache, scratch and reserve.</param>
    /// <param name="availableBytes">Free memory.</param>
    /// <param name="contextTokens">Context that was asked for.</param>
    /// <param name="largestContextTokens">Largest context that fits; 0 if none does.</param>
    public InsufficientModelMemoryException(long requiredBytes, long availableBytes, int contextTokens, int largestContextTokens)
        : base(
            $"A context of {contextTokens:N0} tokens takes {requiredBytes:N0} bytes of memory, and {availableBytes:N0} are available; " +
            (largestContextTokens > 0 ? $"the largest context that fits is {largestContextTokens:N0} tokens." : "no context fits."))
    {
        RequiredBytes = requiredBytes;
        AvailableBytes = availableBytes;
        ContextTokens = contextTokens;
        LargestContextTokens = largestContextTokens;
    }

    /// <summary>KV cache, scratch and reserve, in bytes.</summary>
    public long RequiredBytes { get; }

    /// <summary>Free memory, in bytes.</summary>
    public long AvailableBytes { get; }

    /// <summary>Context that was asked for, in tokens.</summary>
    public int ContextTokens { get; }

    /// <summary>Largest context that fits, in tokens; 0 if none does.</summary>
    public int LargestContextTokens { get; }
}
