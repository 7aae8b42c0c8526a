// SPDX-License-Identifier: MIT
namespace Phi4.Extensions.AI.Responses;

/// <summary>Looks for a marker in text that arrives in pieces; holds back what may still become one.</summary>
internal sealed class MarkerSearch(string marker)
{
    private string _held = "";

    /// <summary>Takes the next piece; gives the text that is certain to lie before the marker.</summary>
    /// <param name="text">The piece.</param>
    /// <param name="rest">What stands behind the marker, or null if it has not come yet.</param>
    public string Append(string text, out string? rest)
    {
        string all = _held + text;
        int at = all.IndexOf(marker, StringComparison.Ordinal);
        if (at >= 0)
        {
            _held = "";
            rest = all[(at + marker.Length)..];
            return all[..at];
        }

        rest = null;
        int suspect = Math.Min(marker.Length - 1, all.Length);
        while (!all.EndsWith(marker[..suspect], StringComparison.Ordinal))
        {
            suspect--;
        }

        _held = all[^suspect..];
        return all[..^suspect];
    }

    /// <summary>No more text comes: gives what was held back.</summary>
    public string Flush()
    {
        string held = _held;
        _held = "";
        return held;
    }
}
