// SPDX-License-Identifier: MIT
namespace Phi4.Core.Configuration;

/// <summary>What <c>generation_config.json</c> says; a null means that the file does not say it.</summary>
public sealed record GenerationConfig
{
    /// <summary>A file that says nothing, or none at all.</summary>
    public static GenerationConfig Empty { get; } = new();

    /// <summary>First token of a document.</summary>
    public int? BeginTokenId { get; init; }

    /// <summary>Tokens that end generation; empty where the file names none.</summary>
    public IReadOnlyList<int> EndTokenIds { get; init; } = [];

    /// <summary>Filler of ragged batches.</summary>
    public int? PadTokenId { get; init; }

    /// <summary>Whether to sample rather than take the likeliest token.</summary>
    public bool? DoSample { get; init; }

    /// <summary>Divides the logits; at least 0.</summary>
    public double? Temperature { get; init; }

    /// <summary>Likeliest tokens to keep; 0 for all.</summary>
    public int? TopK { get; init; }

    /// <summary>Smallest set of likeliest tokens whose probability reaches this; (0, 1].</summary>
    public double? TopP { get; init; }

    /// <summary>Least probability relative to the likeliest token; [0, 1].</summary>
    public double? MinP { get; init; }

    /// <summary>Mass of the locally typical set; (0, 1].</summary>
    public double? TypicalP { get; init; }

    /// <summary>Divides positive logits of tokens seen before and multiplies negative ones; more than 0.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Most tokens to generate.</summary>
    public int? MaxNewTokens { get; init; }
}
