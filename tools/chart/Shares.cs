// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json;

namespace Phi4.Chart;

/// <summary>One engine's part of the ceiling in one test.</summary>
/// <param name="Engine">Empty for this one.</param>
/// <param name="Value">1 for all that the machine could have read, or multiplied.</param>
internal sealed record Share(string Engine, double Value);

/// <summary>The engines of one test.</summary>
internal sealed record ShareGroup(string Name, IReadOnlyList<Share> Shares);

/// <summary>Reads the shares of tests on an empty cache, one request at a time.</summary>
internal static class Shares
{
    /// <summary>One group a model, weight format, test and number of threads: the last file that has it counts. Disturbed tests are left out.</summary>
    public static IReadOnlyList<ShareGroup> Read(IEnumerable<string> files)
    {
        Dictionary<string, ShareGroup> groups = [];
        foreach (string file in files)
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
            string weights = document.RootElement.GetProperty("model").GetProperty("weights").GetString()!.Split(',')[0];
            string model = document.RootElement.GetProperty("model").GetProperty("name").GetString()!.Split('-')[0];
            foreach (JsonElement row in document.RootElement.GetProperty("results").EnumerateArray())
            {
                if (row.GetProperty("depth").GetInt32() == 0 && row.GetProperty("sequences").GetInt32() == 1
                    && row.GetProperty("disturbances").GetArrayLength() == 0 && ShareOf(row) is { } share)
                {
                    string name = string.Create(
                        CultureInfo.InvariantCulture, $"{model} {weights}\n{row.GetProperty("test").GetString()}\n{row.GetProperty("threads").GetInt32()} thr.");
                    groups[name] = new ShareGroup(name, [new Share("", share), .. PeersOf(row, share)]);
                }
            }
        }

        return [.. groups.Values];
    }

    private static double? ShareOf(JsonElement row)
    {
        foreach (string name in new[] { "read_share", "product_share" })
        {
            if (row.TryGetProperty(name, out JsonElement share) && share.ValueKind == JsonValueKind.Number)
            {
                return share.GetDouble();
            }
        }

        return null;
    }

    // The same work at another rate is another part of the same ceiling.
    private static IEnumerable<Share> PeersOf(JsonElement row, double ours) =>
        from peer in row.GetProperty("peers").EnumerateArray()
        let samples = peer.GetProperty("samples").EnumerateArray().Select(sample => sample.GetDouble()).Order().ToArray()
        where samples.Length > 0
        select new Share(peer.GetProperty("name").GetString()!, ours * samples[samples.Length / 2] / row.GetProperty("mean").GetDouble());
}
