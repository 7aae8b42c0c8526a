// SPDX-License-Identifier: MIT
using System.Globalization;

namespace Phi4.Core.Sampling.Constraints.Grammars;

/// <summary>A text that is being read, character by character. Faults name the place.</summary>
internal sealed class SourceReader(string text, string name)
{
    public int Position { get; set; }

    public bool AtEnd => Position >= text.Length;

    public char Peek => AtEnd ? '\0' : text[Position];

    public string Text => text;

    public bool Take(char expected) => Take(expected.ToString());

    public bool Take(string expected)
    {
        bool found = string.CompareOrdinal(text, Position, expected, 0, expected.Length) == 0;
        Position += found ? expected.Length : 0;
        return found;
    }

    /// <summary>The next character as a code point.</summary>
    public int TakeCodePoint()
    {
        if (AtEnd)
        {
            throw Fault("it ends too soon.");
        }

        if (!System.Text.Rune.TryGetRuneAt(text, Position, out System.Text.Rune rune))
        {
            throw Fault("half a surrogate pair is no character.");
        }

        Position += rune.Utf16SequenceLength;
        return rune.Value;
    }

    /// <summary>A character written as so many hexadecimal digits.</summary>
    public int TakeHex(int digits)
    {
        if (Position + digits > text.Length
            || !int.TryParse(text.AsSpan(Position, digits), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value)
            || !System.Text.Rune.IsValid(value))
        {
            throw Fault($"{digits} hexadecimal digits of a character expected.");
        }

        Position += digits;
        return value;
    }

    /// <summary>A count, or null if there is none here.</summary>
    public int? TakeCount()
    {
        int begin = Position;
        while (char.IsAsciiDigit(Peek))
        {
            Position++;
        }

        return begin == Position ? null
            : int.TryParse(text.AsSpan(begin, Position - begin), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value <= RepeatSyntax.MostCount ? value
            : throw Fault($"a count above {RepeatSyntax.MostCount}.");
    }

    public ConstraintException Fault(string message) => new(message, string.Create(CultureInfo.InvariantCulture, $"{name}, position {Position}"));
}

/// <summary>Repetitions as regular expressions and grammars both write them.</summary>
internal static class RepeatSyntax
{
    /// <summary>Largest count.</summary>
    public const int MostCount = 10_000;

    /// <summary>Reads what may follow a part: <c>* + ? {n} {n,} {n,m}</c>.</summary>
    public static bool TryTake(SourceReader reader, out int min, out int? max)
    {
        (min, max) = (1, 1);
        int begin = reader.Position;
        if (reader.Take('*'))
        {
            (min, max) = (0, null);
        }
        else if (reader.Take('+'))
        {
            (min, max) = (1, null);
        }
        else if (reader.Take('?'))
        {
            (min, max) = (0, 1);
        }
        else if (reader.Take('{'))
        {
            int? least = reader.TakeCount();
            bool isRange = reader.Take(',');
            int? most = isRange ? reader.TakeCount() : least;
            if (least is null && most is null || !reader.Take('}'))
            {
                reader.Position = begin;
                throw reader.Fault("a count such as {2}, {2,} or {2,5} expected.");
            }

            (min, max) = (least ?? 0, most);
            if (max < min)
            {
                reader.Position = begin;
                throw reader.Fault("the upper count is below the lower.");
            }
        }
        else
        {
            return false;
        }

        return true;
    }
}

/// <summary>Escapes that regular expressions and grammars share.</summary>
internal static class CharacterSyntax
{
    /// <summary>The character after a backslash, or null if it stands for something else.</summary>
    public static int? TryTakeEscape(SourceReader reader)
    {
        int begin = reader.Position;
        int letter = reader.TakeCodePoint();
        switch (letter)
        {
            case 'n':
                return '\n';
            case 'r':
                return '\r';
            case 't':
                return '\t';
            case 'f':
                return '\f';
            case 'v':
                return '\v';
            case '0' when !char.IsAsciiDigit(reader.Peek):
                return 0;
            case 'x':
                return reader.TakeHex(2);
            case 'u' when reader.Take('{'):
                int digits = reader.Text.IndexOf('}', reader.Position) - reader.Position;
                int value = digits is >= 1 and <= 6 ? reader.TakeHex(digits) : throw reader.Fault("one to six hexadecimal digits and } expected.");
                reader.Take('}');
                return value;
            case 'u':
                return reader.TakeHex(4);
            case 'U':
                return reader.TakeHex(8);
            default:
                if (letter < 128 && !char.IsAsciiLetterOrDigit((char)letter))
                {
                    return letter;
                }

                reader.Position = begin;
                return null;
        }
    }
}
