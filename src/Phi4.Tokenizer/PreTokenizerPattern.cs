// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer;

/// <summary>The rule that cuts a text into pieces before any merging.</summary>
public enum PreTokenizerPattern
{
    /// <summary>cl100k_base: phi-4, phi-4-reasoning, GPT-4, Llama 3.</summary>
    Cl100k,

    /// <summary>cl100k_base as tiktoken writes it today: white space that ends the text is one piece.</summary>
    Cl100kPossessive,

    /// <summary>o200k_base: phi-4-mini, GPT-4o.</summary>
    O200k,
}
