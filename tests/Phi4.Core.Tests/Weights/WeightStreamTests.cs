// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Generation;
using Phi4.Core.State;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Weights;

public sealed class WeightStreamTests
{
    [TestCase(1000, ExpectedResult = 10, TestName = "CountResident_AllFit_AllStay")]
    [TestCase(999, ExpectedResult = 6, TestName = "CountResident_AByteShort_LeavesRoomForThreeThatPass")]
    [TestCase(300, ExpectedResult = 0, TestName = "CountResident_RoomForThoseThatPassOnly_NoneStays")]
    [TestCase(-5, ExpectedResult = 0, TestName = "CountResident_NoRoom_NoneStays")]
    public int CountResident(long bytes) => WeightStream.CountResident([.. Enumerable.Repeat(100L, 10)], bytes);

    [Test]
    public void Ahead_FirstStep_IsWhatFollows()
        => Assert.That(WeightStream.Ahead(1, 4, new bool[6]), Is.EqualTo(new[] { 2, 3 }));

    [Test]
    public void Ahead_LaterSteps_SkipWhatStays()
    {
        bool[] held = [true, true, true, true, false, false, false];
        Assert.Multiple(() =>
        {
            Assert.That(WeightStream.Ahead(1, 4, held), Is.EqualTo(new[] { 4, 5 }));
            Assert.That(WeightStream.Ahead(5, 4, held), Is.EqualTo(new[] { 6, 4 }), "and round to the next step");
        });
    }

    [Test]
    public async Task Engine_WeightsThatPassThrough_GiveTheSameBits()
    {
        GoldenModel golden = GoldenModel.Read("tiny-phi4");
        ModelConfig config = ModelConfigReader.Read(Path.Combine(golden.Folder, "config.json"));
        float[][] logits = new float[2][];
        foreach (long? bytes in new long?[] { null, 0 })
        {
            ModelWeights weights = WeightLoader.Load(config, golden.Folder, new WeightLoadOptions { ResidentBytes = bytes });
            Assert.That(weights.Stream?.ResidentCount, bytes is null ? Is.Null : Is.Zero);
            var limits = new EngineLimits(256, DType.F32, KvCache.PagesFor(256), new StepCapacity(16, 1, KvCache.PagesFor(256), 8));
            using var engine = new Engine(config, weights, Backends.Create("cpu-256"), limits);
            int[] ids = golden.Prompts[0].Ids;
            logits[bytes is null ? 0 : 1] = (await engine.RunAsync(ids))[ids.Length - 1];
        }

        Assert.That(logits[1], Is.EqualTo(logits[0]));
    }
}
