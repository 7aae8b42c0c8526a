// SPDX-License-Identifier: MIT
using System.Globalization;
using Phi4.Cli.Errors;

namespace Phi4.Cli.Options;

/// <summary>Token ids as people type them.</summary>
internal static class TokenIds
{
    private static readonly char[] Separators = [',', ' ', '\t', '\n', '\r', '[', ']'];

    /// <summary>Reads numbers with commas or white space between them; brackets around them do no harm.</summary>
    public static int[] Parse(string text)
    {
        string[] words = text.Split(Separators, StringSplitOptions.RemoveEmptyEntries);
        int[] ids = new int[words.Length];
        for (int i = 0; i < ids.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.None, CultureInfo.InvariantCulture, out ids[i]))
            {
                throw CommandException.Usage($"\"{words[i]}\" is no token id; allowed: whole numbers of at least 0 with commas between them.");
            }
        }

        return ids.Length > 0 ? ids : throw CommandException.Usage("There are no token ids.");
    }
}
