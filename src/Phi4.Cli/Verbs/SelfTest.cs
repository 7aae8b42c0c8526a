// SPDX-License-Identifier: MIT
namespace Phi4.Cli.Verbs;

/// <summary>One step of a model: whether this build computes on this machine, and computes right.</summary>
internal static class SelfTest
{
    // Of the logits' standard deviation: what single precision may cost in any order of summation.
    private const double Tolerance = 1e-4;

    private static readonly int[] TokenIds = [1, 2, 3, 5, 8, 13, 21];

    /// <summary>Loads a model and computes one token.</summary>
    public static async Task<string> RunAsync(string folder, Phi4LoadOptions options, CancellationToken cancellationToken)
    {
        (float[] logits, Phi4Device device) = await LogitsAsync(folder, options, [0], cancellationToken).ConfigureAwait(false);
        return logits.All(float.IsFinite)
            ? FormattableString.Invariant($"{folder} on {NameOf(device)}: {logits.Length:N0} finite logits")
            : throw new Phi4Exception($"{folder} on {NameOf(device)}: some logits are not finite.");
    }

    /// <summary>Makes a tiny random model and compares a device with the float64 reference.</summary>
    public static async Task<string> RunOnRandomModelAsync(Phi4LoadOptions options, CancellationToken cancellationToken)
    {
        using var model = RandomModel.Create();

        // The reference rounds neither queries nor weights of attention: it is met where the cache holds what was computed.
        options = options with { KvCacheType = KvCacheType.F32 };
        (float[] logits, Phi4Device device) = await LogitsAsync(model.Folder, options, TokenIds, cancellationToken).ConfigureAwait(false);
        (float[] expected, _) =
            await LogitsAsync(model.Folder, options with { Device = Phi4Device.Reference }, TokenIds, cancellationToken).ConfigureAwait(false);
        double mean = expected.Average();
        double deviation = Math.Sqrt(expected.Average(value => (value - mean) * (value - mean)));
        double error = expected.Zip(logits, (a, b) => Math.Abs((double)a - b)).Max() / deviation;
        return error <= Tolerance
            ? FormattableString.Invariant($"a tiny random model on {NameOf(device)} is within {error:G2} of the reference (standard deviations of the logits)")
            : throw new Phi4Exception(FormattableString.Invariant(
                $"A tiny random model on {NameOf(device)} is {error:G2} standard deviations off the reference; allowed: {Tolerance:G2}."));
    }

    private static async Task<(float[] Logits, Phi4Device Device)> LogitsAsync(
        string folder, Phi4LoadOptions options, int[] tokenIds, CancellationToken cancellationToken)
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(folder, options, null, cancellationToken).ConfigureAwait(false);
        TokenScores scores = await model.ScoreAsync(Prompt.FromTokens(tokenIds), includeLastLogits: true, cancellationToken).ConfigureAwait(false);
        return (scores.LastLogits!.Value.ToArray(), model.Device);
    }

    private static string NameOf(Phi4Device device) => device.ToString().ToLowerInvariant();
}
