// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench.Peers;

namespace Phi4.Cli.Tests.Bench.Peers;

public sealed class LlamaBenchOutputTests
{
    [TestCase("""[ { "n_prompt": 0, "n_gen": 16, "avg_ts": 14.830256, "samples_ts": [ 14.8303 ] } ]""")]
    [TestCase("""{"n_gen":16,"avg_ts":14.830256}""")]
    [TestCase("build_commit,model,avg_ts,stddev_ts\n\"unknown\",\"phi3, ?B\",\"14.830256\",\"0.0\"\n")]
    [TestCase("| model | size | test | t/s |\n| --- | ---: | ---: | ---: |\n| phi3 | 739.29 MiB | tg16 | 14.830256 ± 0.00 |\n\nbuild: unknown (0)\n")]
    [TestCase("[\nWARNING: Behavior may be unexpected when allocating 0 bytes!\n  {\n    \"avg_ts\": 14.830256\n  }\n]\n")]
    [TestCase("model,avg_ts\nWARNING: Behavior may be unexpected\n\"phi3\",\"14.830256\"\n")]
    public void Rate_OfOneResult_IsReadFromEveryFormat(string output) => Assert.That(LlamaBenchOutput.Rate(output), Is.EqualTo(14.830256));

    [TestCase("")]
    [TestCase("[")]
    [TestCase("[]")]
    [TestCase("""[{"avg_ts":1},{"avg_ts":2}]""")]
    [TestCase("""[{"n_gen":16}]""")]
    [TestCase("""[{"avg_ts":"fast"}]""")]
    [TestCase("""[{"avg_ts":0}]""")]
    [TestCase("model,avg_ts\n\"phi3\",\"fast\"")]
    [TestCase("| model | rate |\n| --- | --- |\n| phi3 | 14 |")]
    [TestCase("Segmentation fault")]
    public void Rate_OfAnythingElse_IsRefused(string output) => Assert.That(() => LlamaBenchOutput.Rate(output), Throws.TypeOf<FormatException>());
}
