// SPDX-License-Identifier: MIT
using System.Text;

namespace Phi4.Core.Generation;

/// <summary>
/// Looks for stop strings in text that arrives in pieces. What may still turn out to be the start of one is held back; everything else passes
/// straight through. The text ends at the first character with which some stop string is complete; of several that end there, the longest is cut.
/// Ordinal comparison; the result does not depend on how the text was cut into pieces.
/// </summary>
/// <remarks>
/// For each stop string the failure function of Knuth, Morris and Pratt (1977), stepped with every character: linear in the text.
/// </remarks>
internal sealed class StopStringMatcher
{
    private readonly string[] _stops;
    private readonly int[][] _failures;

    // How many characters of each stop string the text's end agrees with.
    private readonly int[] _matched;

    // Characters that were not given out: the end of the text so far.
    private readonly StringBuilder _held = new();

    /// <summary>Strings as validated by the request's options: none empty.</summary>
    public StopStringMatcher(IReadOnlyList<string>? stopStrings)
    {
        _stops = stopStrings is null ? [] : [.. stopStrings];
        _failures = Array.ConvertAll(_stops, FailuresOf);
        _matched = new int[_stops.Length];
    }

    /// <summary>The stop string that was found, or null.</summary>
    public string? Found { get; private set; }

    /// <summary>Characters that arrived and may be the start of a stop string.</summary>
    public int HeldLength => _held.Length;

    /// <summary>Takes the next piece; gives what is safe to show. Once <see cref="Found"/> is set everything further is swallowed.</summary>
    /// <returns><paramref name="piece"/> itself, without a copy, when nothing was and nothing is held back.</returns>
    public string Append(string piece)
    {
        if (_stops.Length == 0 || piece.Length == 0)
            return piece;
        if (Found is not null)
            return "";
        for (var i = 0; i < piece.Length; i++)
        {
            if (Step(piece[i]) is not { } stop)
                continue;
            Found = stop;
            _held.Append(piece, 0, i + 1);
            _held.Length -= stop.Length;
            return Flush();
        }

        var suspect = _matched.Max();
        if (_held.Length == 0 && suspect == 0)
            return piece;
        _held.Append(piece);
        return GiveOut(_held.Length - suspect);
    }

    /// <summary>No more text comes: gives what was held back.</summary>
    public string Flush() => GiveOut(_held.Length);

    // The longest stop string that this character completes, or null.
    private string? Step(char character)
    {
        string? found = null;
        for (var s = 0; s < _stops.Length; s++)
        {
            var stop = _stops[s];
            var matched = _matched[s];
            while (matched > 0 && stop[matched] != character)
                matched = _failures[s][matched - 1];
            _matched[s] = stop[matched] == character ? matched + 1 : 0;
            if (_matched[s] == stop.Length && stop.Length > (found?.Length ?? 0))
                found = stop;
        }

        return found;
    }

    // Entry i: length of the longest proper prefix that is also a suffix of the first i + 1 characters.
    private static int[] FailuresOf(string stop)
    {
        var failures = new int[stop.Length];
        for (var i = 1; i < stop.Length; i++)
        {
            var length = failures[i - 1];
            while (length > 0 && stop[length] != stop[i])
                length = failures[length - 1];
            failures[i] = stop[length] == stop[i] ? length + 1 : 0;
        }

        return failures;
    }

    private string GiveOut(int count)
    {
        if (count == 0)
            return "";
        var text = _held.ToString(0, count);
        _held.Remove(0, count);
        return text;
    }
}
