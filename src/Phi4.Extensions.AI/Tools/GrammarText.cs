// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text;

namespace Phi4.Extensions.AI.Tools;

/// <summary>Texts as a grammar quotes them.</summary>
internal static class GrammarText
{
    public static string Literal(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (char character in text)
        {
            quoted.Append(character switch
            {
                '"' or '\\' => $"\\{character}",
                < ' ' => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)character:X2}"),
                _ => character.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }
}
