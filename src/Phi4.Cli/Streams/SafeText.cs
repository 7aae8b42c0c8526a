// SPDX-License-Identifier: MIT
using System.Buffers;
using System.Text;

namespace Phi4.Cli.Streams;

/// <summary>What a model writes must not steer the terminal that shows it: control characters become pictures of themselves.</summary>
internal static class SafeText
{
    private const char Picture = '\u2400'; // the block of pictures for control characters begins here
    private const char DeletePicture = '\u2421';

    private static readonly SearchValues<char> Controls = SearchValues.Create(
        [.. Enumerable.Range(0, 0xA0).Select(code => (char)code).Where(c => char.IsControl(c) && c is not ('\n' or '\t'))]);

    /// <summary>The text with all controls but line feed and tab made visible.</summary>
    public static string Of(string text)
    {
        if (!text.AsSpan().ContainsAny(Controls))
        {
            return text;
        }

        var safe = new StringBuilder(text.Length);
        foreach (char c in text)
        {
            safe.Append(!Controls.Contains(c) ? c : c < ' ' ? (char)(Picture + c) : c == '\x7F' ? DeletePicture : '\uFFFD');
        }

        return safe.ToString();
    }
}
