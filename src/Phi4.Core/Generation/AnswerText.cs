// SPDX-License-Identifier: MIT
using Phi4.Tokenizer;

namespace Phi4.Core.Generation;

/// <summary>Turns an answer's tokens into text that can be shown: whole characters, nothing that may belong to a stop string.</summary>
internal sealed class AnswerText(Phi4Tokenizer tokenizer, IReadOnlyList<string> stopStrings)
{
    private readonly StreamingDecoder _decoder = tokenizer.CreateStreamingDecoder(skipSpecialTokens: true);
    private readonly StopStringMatcher _stops = new(stopStrings);

    public bool HitStopString => _stops.Found is not null;

    /// <summary>
    /// Text that became certain with this token: none if the vocabulary lacks it, as a model's head may have more rows. Stop strings are looked for once
    /// <paramref name="mayStop"/> is true.
    /// </summary>
    public string Append(int token, bool mayStop)
    {
        string text = tokenizer.HasToken(token) ? _decoder.Append(token) : "";
        return mayStop ? _stops.Append(text) : text;
    }

    /// <summary>What was held back, at the end of an answer.</summary>
    public string Flush() => HitStopString ? "" : _stops.Append(_decoder.Flush()) + _stops.Flush();
}
