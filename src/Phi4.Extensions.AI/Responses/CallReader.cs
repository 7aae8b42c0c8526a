// SPDX-License-Identifier: MIT
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Tools;

namespace Phi4.Extensions.AI.Responses;

/// <summary>
/// Parts calls from text. Behind the format's marker every JSON object is a call, given out when it is whole; everything else there is punctuation. Text of white space alone in front of a
/// call is no answer and not given out.
/// </summary>
internal sealed class CallReader(IToolFormat format)
{
    private readonly MarkerSearch _marker = new(format.Marker);
    private readonly StringBuilder _object = new();
    private string _space = "";
    private bool _hasText;
    private bool _inCalls;
    private bool _inString;
    private bool _isEscaped;
    private int _depth;

    public int CallCount { get; private set; }

    /// <summary>The beginning of a call that the answer's end cut off, or null.</summary>
    public string? CutCall => _object.Length > 0 ? _object.ToString() : null;

    public void Append(string text, List<AIContent> into)
    {
        string? rest = text;
        if (!_inCalls)
        {
            AddText(_marker.Append(text, out rest), into);
            _inCalls = rest is not null;
        }

        foreach (char character in rest ?? "")
        {
            Step(character, into);
        }
    }

    /// <summary>No more text comes: gives what was held back.</summary>
    public void Finish(List<AIContent> into)
    {
        AddText(_marker.Flush(), into);
        if (!_inCalls && _space.Length > 0)
        {
            into.Add(new TextContent(_space));
        }
    }

    private void AddText(string text, List<AIContent> into)
    {
        string all = _space + text;
        _hasText |= !string.IsNullOrWhiteSpace(all);
        _space = _hasText ? "" : all;
        if (_hasText && all.Length > 0)
        {
            into.Add(new TextContent(all));
        }
    }

    private void Step(char character, List<AIContent> into)
    {
        if (_depth == 0 && character != '{')
        {
            return;
        }

        _object.Append(character);
        if (_inString)
        {
            _inString = _isEscaped || character != '"';
            _isEscaped = !_isEscaped && character == '\\';
            return;
        }

        _inString = character == '"';
        _depth += character switch { '{' => 1, '}' => -1, _ => 0 };
        if (_depth == 0)
        {
            into.Add(CallOf(_object.ToString()));
            CallCount++;
            _object.Clear();
        }
    }

    private static FunctionCallContent CallOf(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        var arguments = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (JsonProperty argument in document.RootElement.GetProperty("arguments").EnumerateObject())
        {
            arguments[argument.Name] = argument.Value.ValueKind == JsonValueKind.Null ? null : argument.Value.Clone();
        }

        return new FunctionCallContent($"call_{Guid.NewGuid():N}", document.RootElement.GetProperty("name").GetString()!, arguments) { RawRepresentation = new CallText(json) };
    }
}
