// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer;

/// <summary>What becomes of a special token's string that stands in a text.</summary>
public enum SpecialTokenHandling
{
    /// <summary>It is ordinary text; no special id can come out.</summary>
    Text,

    /// <summary>It becomes the token's id and all other text stays, as with tiktoken.</summary>
    Parse,

    /// <summary>It becomes the token's id and takes the white space beside it along where its lstrip and rstrip flags say so, as with Hugging Face.</summary>
    Strip,
}
