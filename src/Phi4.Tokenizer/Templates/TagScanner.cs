// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Phi4.Tokenizer.Templates;

/// <summary>Reads the tokens between <c>{{</c> and <c>}}</c> or <c>{%</c> and <c>%}</c>.</summary>
internal sealed class TagScanner(string source, int start, string end)
{
    private static readonly string[] Operators =
        ["//", "**", "==", "!=", ">=", "<=", "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";"];

    private readonly Stack<char> _brackets = new();

    /// <summary>Where reading goes on: after the tag's end once <see cref="ReadInto"/> is done.</summary>
    public int Position { get; private set; } = start;

    /// <summary>The white space mark before the tag's end: '-', '+' or a blank.</summary>
    public char EndSign { get; private set; } = ' ';

    public void ReadInto(List<Token> tokens, int open)
    {
        while (true)
        {
            while (Position < source.Length && CodePoints.IsSpace(source[Position]))
            {
                Position++;
            }

            if (Position >= source.Length)
            {
                throw Error("this tag is never closed", open);
            }

            if (_brackets.Count == 0 && TryReadEnd())
            {
                return;
            }

            tokens.Add(ReadToken());
        }
    }

    private bool TryReadEnd()
    {
        char first = source[Position];
        int sign = first == '-' || (first == '+' && end == "%}") ? 1 : 0;
        if (string.CompareOrdinal(source, Position + sign, end, 0, 2) != 0)
        {
            return false;
        }

        EndSign = sign == 1 ? first : ' ';
        Position += sign + 2;
        return true;
    }

    private Token ReadToken()
    {
        int at = Position;
        char c = source[at];
        if (c is '\'' or '"')
        {
            return new Token(TokenKind.String, ReadString(c), at);
        }

        if (char.IsAsciiDigit(c))
        {
            return ReadNumber();
        }

        if (c == '_' || char.IsLetter(c))
        {
            while (Position < source.Length && (source[Position] == '_' || char.IsLetterOrDigit(source[Position])))
            {
                Position++;
            }

            return new Token(TokenKind.Name, source[at..Position], at);
        }

        string text = Array.Find(Operators, text => string.CompareOrdinal(source, at, text, 0, text.Length) == 0)
            ?? throw Error($"the character '{c}' means nothing here", at);
        Position += text.Length;
        Balance(text[0], at);
        return new Token(TokenKind.Operator, text, at);
    }

    private void Balance(char c, int at)
    {
        if (c is '(' or '[' or '{')
        {
            _brackets.Push(c == '(' ? ')' : c == '[' ? ']' : '}');
        }
        else if (c is ')' or ']' or '}' && (!_brackets.TryPop(out char expected) || expected != c))
        {
            throw Error($"this '{c}' closes no bracket of its kind", at);
        }
    }

    private Token ReadNumber()
    {
        int at = Position;
        if (source[at] == '0' && at + 1 < source.Length && char.ToLowerInvariant(source[at + 1]) is 'x' or 'b' or 'o')
        {
            throw ChatTemplateException.At(ChatTemplateErrorKind.Unsupported, "numbers are decimal only", source, at);
        }

        SkipDigits();
        bool isAfterPoint = at > 0 && source[at - 1] == '.';
        bool isFloat = false;
        if (!isAfterPoint && Position + 1 < source.Length && source[Position] == '.' && char.IsAsciiDigit(source[Position + 1]))
        {
            isFloat = true;
            Position++;
            SkipDigits();
        }

        int exponent = Position;
        if (!isAfterPoint && exponent < source.Length && source[exponent] is 'e' or 'E')
        {
            exponent += exponent + 1 < source.Length && source[exponent + 1] is '+' or '-' ? 2 : 1;
            if (exponent < source.Length && char.IsAsciiDigit(source[exponent]))
            {
                isFloat = true;
                Position = exponent;
                SkipDigits();
            }
        }

        string text = source[at..Position].Replace("_", "", StringComparison.Ordinal);
        return new Token(isFloat ? TokenKind.Float : TokenKind.Integer, text, at);
    }

    private void SkipDigits()
    {
        while (Position < source.Length && (char.IsAsciiDigit(source[Position]) || (source[Position] == '_' && char.IsAsciiDigit(source[Position - 1]))))
        {
            Position++;
        }
    }

    private string ReadString(char quote)
    {
        int at = Position;
        var text = new StringBuilder();
        for (int i = at + 1; i < source.Length; i++)
        {
            char c = source[i];
            if (c == quote)
            {
                Position = i + 1;
                return text.ToString();
            }

            if (c == '\\' && i + 1 < source.Length)
            {
                i += ReadEscape(i + 1, text);
            }
            else
            {
                text.Append(c);
            }
        }

        throw Error("this string is never closed", at);
    }

    /// <summary>Python's escapes; an unknown one stays as it is written.</summary>
    private int ReadEscape(int at, StringBuilder text)
    {
        char c = source[at];
        switch (c)
        {
            case '\n':
                return 1;
            case 'x' or 'u' or 'U':
                int length = c == 'x' ? 2 : c == 'u' ? 4 : 8;
                if (at + length >= source.Length
                    || !int.TryParse(source.AsSpan(at + 1, length), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int code)
                    || code is < 0 or > 0x10FFFF)
                {
                    throw Error($"\\{c} needs {length} hexadecimal digits of a character", at - 1);
                }

                text.Append(code > 0xFFFF ? char.ConvertFromUtf32(code) : ((char)code).ToString());
                return length + 1;
            case 'N':
                throw ChatTemplateException.At(ChatTemplateErrorKind.Unsupported, "\\N{…} is not supported", source, at - 1);
            case >= '0' and <= '7':
                int digits = 0, value = 0;
                while (digits < 3 && at + digits < source.Length && source[at + digits] is >= '0' and <= '7')
                {
                    value = (value * 8) + source[at + digits++] - '0';
                }

                text.Append((char)value);
                return digits;
            default:
                int place = "\\'\"abfnrtv".IndexOf(c, StringComparison.Ordinal);
                text.Append(place < 0 ? $"\\{c}" : "\\'\"\a\b\f\n\r\t\v"[place].ToString());
                return 1;
        }
    }

    private ChatTemplateException Error(string problem, int position) =>
        ChatTemplateException.At(ChatTemplateErrorKind.Syntax, problem, source, position);
}
