// SPDX-License-Identifier: MIT
namespace Phi4.Extensions.AI;

/// <summary>What a <see cref="Phi4ChatClient"/> is told once, for all requests. Immutable.</summary>
public sealed record Phi4ChatClientOptions
{
    /// <summary>The name that responses carry and that <c>ChatOptions.ModelId</c> may ask for.</summary>
    public string ModelId { get; init; } = "microsoft/phi-4";
}
