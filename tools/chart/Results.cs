// SPDX-License-Identifier: MIT
using System.Globalization;
using System.Text.Json;

namespace Phi4.Chart;

/// <summary>Decoding at one depth.</summary>
/// <param name="Context">Tokens in the cache before.</param>
/// <param name="Rate">Tokens a second.</param>
/// <param name="Share">Part of the read ceiling; null where it was not measured.</param>
internal sealed record Point(double Context, double Rate, double? Share);

/// <summary>One model on one engine and number of threads, by rising context.</summary>
internal sealed record Series(string Name, bool IsPeer, IReadOnlyList<Point> Points);

/// <summary>Reads result files of <c>phi4 bench -o json</c>.</summary>
internal static class Results
{
    /// <summary>Generation tests of all files. Files of the same model, weights and cache make one series; disturbed tests are left out.</summary>
    /// <exception cref="InvalidDataException">A file has another shape, or none has a test that counts.</exception>
    public static IReadOnlyList<Series> Read(IEnumerable<string> files)
    {
        List<(string Name, bool IsPeer, Point Point)> points = [];
        foreach (string file in files)
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(file));
            try
            {
                points.AddRange(PointsOf(document.RootElement));
            }
            catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException)
            {
                throw new InvalidDataException($"{file} is no result of phi4 bench: {e.Message}", e);
            }
        }

        return points.Count == 0
            ? throw new InvalidDataException("There is no undisturbed generation test in these files.")
            : [.. points.GroupBy(point => (point.Name, point.IsPeer)).Select(group => new Series(
                group.Key.Name, group.Key.IsPeer, [.. group.Select(entry => entry.Point).OrderBy(point => point.Context)]))];
    }

    private static List<(string Name, bool IsPeer, Point Point)> PointsOf(JsonElement run)
    {
        JsonElement model = run.GetProperty("model");
        string name = $"{model.GetProperty("name").GetString()} {model.GetProperty("weights").GetString()}, cache {model.GetProperty("kv").GetString()}";
        List<(string Name, bool IsPeer, Point Point)> points = [];
        foreach (JsonElement row in run.GetProperty("results").EnumerateArray())
        {
            bool isAnswer = row.GetProperty("prompt_tokens").GetInt32() == 0 && row.GetProperty("sequences").GetInt32() == 1;
            if (!isAnswer || row.GetProperty("disturbances").GetArrayLength() > 0)
            {
                continue;
            }

            int threads = row.GetProperty("threads").GetInt32();
            string beside = string.Create(CultureInfo.InvariantCulture, $"{threads} thread{(threads == 1 ? "" : "s")}");
            double context = row.GetProperty("depth").GetDouble();
            JsonElement share = row.GetProperty("read_share");
            double? part = share.ValueKind == JsonValueKind.Number ? share.GetDouble() : null;
            points.Add(($"{name}, {beside}", false, new Point(context, row.GetProperty("median").GetDouble(), part)));
            foreach (JsonElement peer in row.GetProperty("peers").EnumerateArray())
            {
                double[] samples = [.. peer.GetProperty("samples").EnumerateArray().Select(sample => sample.GetDouble()).Order()];
                if (samples.Length > 0)
                {
                    points.Add(($"{peer.GetProperty("name").GetString()}, {beside}", true, new Point(context, samples[samples.Length / 2], null)));
                }
            }
        }

        return points;
    }
}
