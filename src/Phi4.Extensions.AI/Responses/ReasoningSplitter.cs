// SPDX-License-Identifier: MIT
using Phi4.Extensions.AI.Requests;

namespace Phi4.Extensions.AI.Responses;

/// <summary>Parts the thoughts at the beginning of an answer from the rest, whether text or tokens mark them. White space around them belongs to neither.</summary>
internal sealed class ReasoningSplitter(ReasoningMarks marks)
{
    private readonly MarkerSearch _close = new(ReasoningMarks.Close);
    private string _begin = "";
    private State _state = State.Begin;

    private enum State
    {
        Begin,
        Thoughts,
        Gap,
        Answer,
    }

    public bool IsThinking => _state == State.Thoughts;

    /// <summary>Takes the text and the tokens of a chunk; gives what of it was thought and what is answer.</summary>
    public (string Thoughts, string Answer) Append(string text, IReadOnlyList<int> tokenIds)
    {
        if (_state == State.Begin && marks.OpenId is { } open && tokenIds.Contains(open))
        {
            _state = State.Thoughts;
        }

        if (_state == State.Thoughts && marks.CloseId is { } close && tokenIds.Contains(close))
        {
            string last = _close.Flush() + text;
            _state = State.Gap;
            return (last, "");
        }

        return _state switch
        {
            State.Begin => Begin(text),
            State.Thoughts => Think(text),
            State.Gap => ("", Gap(text)),
            _ => ("", text),
        };
    }

    /// <summary>No more text comes: gives what was held back.</summary>
    public (string Thoughts, string Answer) Flush() => _state == State.Begin ? ("", _begin) : (_close.Flush(), "");

    private (string, string) Begin(string text)
    {
        _begin += text;
        string trimmed = _begin.TrimStart();
        if (trimmed.StartsWith(ReasoningMarks.Open, StringComparison.Ordinal))
        {
            _state = State.Thoughts;
            return Think(trimmed[ReasoningMarks.Open.Length..]);
        }

        if (ReasoningMarks.Open.StartsWith(trimmed, StringComparison.Ordinal))
        {
            return ("", "");
        }

        _state = State.Answer;
        return ("", _begin);
    }

    private (string, string) Think(string text)
    {
        string thoughts = _close.Append(text, out string? rest);
        if (rest is null)
        {
            return (thoughts, "");
        }

        _state = State.Gap;
        return (thoughts, Gap(rest));
    }

    private string Gap(string text)
    {
        string trimmed = text.TrimStart();
        if (trimmed.Length > 0)
        {
            _state = State.Answer;
        }

        return trimmed;
    }
}
