// SPDX-License-Identifier: MIT
namespace Phi4.Tokenizer.Templates;

/// <summary>
/// Cuts a template into tokens. White space around tags goes as Hugging Face's environment has it: <c>trim_blocks</c> and
/// <c>lstrip_blocks</c> on, <c>-</c> strips and <c>+</c> keeps, one line break at the very end dropped.
/// </summary>
internal sealed class Lexer
{
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private int _at;
    private bool _isAtLineStart = true;

    private Lexer(string source) => _source = source;

    /// <summary>Line breaks as Jinja sees them; all positions count in this text.</summary>
    public static string Normalize(string source)
    {
        string text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return text.EndsWith('\n') ? text[..^1] : text;
    }

    public static List<Token> Read(string normalizedSource)
    {
        var lexer = new Lexer(normalizedSource);
        lexer.ReadAll();
        return lexer._tokens;
    }

    private void ReadAll()
    {
        while (true)
        {
            int start = _at;
            int open = FindTag();
            if (open < 0)
            {
                AddData(start, _source.Length);
                _tokens.Add(new Token(TokenKind.End, "", _source.Length));
                return;
            }

            char kind = _source[open + 1];
            _at = open + 2;
            char sign = _at < _source.Length && _source[_at] is '-' or '+' ? _source[_at++] : ' ';
            AddData(start, EndBeforeTag(start, open, kind, sign));
            switch (kind)
            {
                case '#':
                    SkipComment(open);
                    break;
                case '%' when TrySkipKeyword("raw"):
                    ReadRaw(open);
                    break;
                default:
                    ReadTag(open, kind == '{');
                    break;
            }
        }
    }

    private int FindTag()
    {
        for (int i = _at; (i = _source.IndexOf('{', i)) >= 0 && i + 1 < _source.Length; i++)
        {
            if (_source[i + 1] is '{' or '%' or '#')
            {
                return i;
            }
        }

        return -1;
    }

    private int EndBeforeTag(int start, int open, char kind, char sign)
    {
        int end = open;
        if (sign == '-')
        {
            while (end > start && CodePoints.IsSpace(_source[end - 1]))
            {
                end--;
            }
        }
        else if (sign != '+' && kind != '{')
        {
            int lineStart = open;
            while (lineStart > start && _source[lineStart - 1] != '\n' && CodePoints.IsSpace(_source[lineStart - 1]))
            {
                lineStart--;
            }

            bool isWholeLine = lineStart > start ? _source[lineStart - 1] == '\n' : _isAtLineStart;
            end = isWholeLine ? lineStart : open;
        }

        return end;
    }

    private void AddData(int start, int end)
    {
        if (end > start)
        {
            _tokens.Add(new Token(TokenKind.Data, _source[start..end], start));
        }
    }

    private void SkipComment(int open)
    {
        int end = _source.IndexOf("#}", _at, StringComparison.Ordinal);
        if (end < 0)
        {
            throw Error("this comment is never closed", open);
        }

        char sign = end > _at ? _source[end - 1] : ' ';
        _at = end + 2;
        FinishBlock(sign);
    }

    private void ReadRaw(int open)
    {
        // Jinja drops white space after the opening tag for '-' only; its line break stays.
        if (_source[_at - 3] == '-')
        {
            SkipSpace();
        }

        int start = _at;
        for (int i = start; (i = _source.IndexOf("{%", i, StringComparison.Ordinal)) >= 0; i += 2)
        {
            _at = i + 2;
            char sign = _at < _source.Length && _source[_at] is '-' or '+' ? _source[_at++] : ' ';
            if (TrySkipKeyword("endraw"))
            {
                char endSign = _source[_at - 3];
                _isAtLineStart = false;
                AddData(start, EndBeforeTag(start, i, '%', sign));
                FinishBlock(endSign);
                return;
            }
        }

        throw Error("this 'raw' block is never closed", open);
    }

    /// <summary>Skips a keyword alone in its tag, and the tag's end.</summary>
    private bool TrySkipKeyword(string keyword)
    {
        int i = _at;
        while (i < _source.Length && CodePoints.IsSpace(_source[i]))
        {
            i++;
        }

        if (string.CompareOrdinal(_source, i, keyword, 0, keyword.Length) != 0)
        {
            return false;
        }

        i += keyword.Length;
        while (i < _source.Length && CodePoints.IsSpace(_source[i]))
        {
            i++;
        }

        i += i < _source.Length && _source[i] is '-' or '+' ? 1 : 0;
        if (string.CompareOrdinal(_source, i, "%}", 0, 2) != 0)
        {
            return false;
        }

        _at = i + 2;
        return true;
    }

    private void ReadTag(int open, bool isOutput)
    {
        _tokens.Add(new Token(isOutput ? TokenKind.OutputStart : TokenKind.BlockStart, isOutput ? "{{" : "{%", open));
        var scanner = new TagScanner(_source, _at, isOutput ? "}}" : "%}");
        scanner.ReadInto(_tokens, open);
        _at = scanner.Position;
        char sign = scanner.EndSign;
        _tokens.Add(new Token(isOutput ? TokenKind.OutputEnd : TokenKind.BlockEnd, isOutput ? "}}" : "%}", _at - 2));
        if (isOutput)
        {
            _isAtLineStart = false;
            if (sign == '-')
            {
                int before = _at;
                SkipSpace();
                _isAtLineStart = _at > before && _source[_at - 1] == '\n';
            }
        }
        else
        {
            FinishBlock(sign);
        }
    }

    private void FinishBlock(char sign)
    {
        int before = _at;
        if (sign == '-')
        {
            SkipSpace();
        }
        else if (sign != '+' && _at < _source.Length && _source[_at] == '\n')
        {
            _at++;
        }

        _isAtLineStart = _at > before && _source[_at - 1] == '\n';
    }

    private void SkipSpace()
    {
        while (_at < _source.Length && CodePoints.IsSpace(_source[_at]))
        {
            _at++;
        }
    }

    private ChatTemplateException Error(string problem, int position) =>
        ChatTemplateException.At(ChatTemplateErrorKind.Syntax, problem, _source, position);
}
