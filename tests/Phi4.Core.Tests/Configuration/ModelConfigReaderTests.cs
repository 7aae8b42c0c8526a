// SPDX-License-Identifier: MIT
using System.Text;
using Phi4.Core.Configuration;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Configuration;

[TestFixture]
public sealed class ModelConfigReaderTests
{
    private static readonly TestCaseData[] Siblings =
    [
        new("phi-4", SiblingConfigs.Phi4, 14_659_507_200L),
        new("phi-4-reasoning", SiblingConfigs.Phi4Reasoning, 14_659_507_200L),
        new("phi-4, transformers 5", SiblingConfigs.Phi4NewSpelling, 14_659_507_200L),
        new("phi-4-mini", SiblingConfigs.Phi4Mini, 3_836_021_760L),
        new("phi-3-mini-4k", SiblingConfigs.Phi3Mini4K, 3_821_079_552L),
        new("phi-3-medium-128k", SiblingConfigs.Phi3Medium128K, 13_960_238_080L),
        new("unsloth/phi-4", SiblingConfigs.UnslothPhi4, 14_659_507_200L),
        new("Llama-3.3-70B", SiblingConfigs.Llama70B, 70_553_706_496L),
        new("Qwen2.5-14B", SiblingConfigs.Qwen14B, 14_770_033_664L),
    ];

    [TestCaseSource(nameof(Siblings))]
    public void Parse_PublishedConfig_HasPublishedParameterCount(string name, string json, long parameterCount) =>
        Assert.That(Parse(json).ParameterCount, Is.EqualTo(parameterCount), name);

    [Test]
    public void Parse_Phi4_ReadsEverything()
    {
        ModelConfig config = Parse(SiblingConfigs.Phi4);
        Assert.Multiple(() =>
        {
            Assert.That(config.Architecture, Is.EqualTo("Phi3ForCausalLM"));
            Assert.That(config.Layout, Is.EqualTo(ProjectionLayout.Fused));
            Assert.That(
                (config.HiddenSize, config.LayerCount, config.HeadCount, config.KvHeadCount, config.HeadSize, config.MlpSize, config.VocabSize),
                Is.EqualTo((5120, 40, 40, 10, 128, 17920, 100352)));
            Assert.That(config.RmsNormEpsilon, Is.EqualTo(1e-5f));
            Assert.That(config.Rope, Is.EqualTo(new RopeConfig { Theta = 250000, RotarySize = 128 }));
            Assert.That(config.MaxPositions, Is.EqualTo(16384));
            Assert.That(config.SlidingWindow, Is.Null);
            Assert.That((config.TieWordEmbeddings, config.QkvBias), Is.EqualTo((false, false)));
            Assert.That(config.DType, Is.EqualTo(DType.BF16));
            Assert.That(config.BeginTokenId, Is.EqualTo(100257));
            Assert.That(config.EndTokenIds, Is.EqualTo(new[] { 100265 }));
            Assert.That(config.KvBytesPerToken(DType.BF16), Is.EqualTo(204_800));
        });
    }

    [Test]
    public void Parse_Phi4InNewSpelling_EqualsOldSpelling()
    {
        ModelConfig old = Parse(SiblingConfigs.Phi4);
        ModelConfig renamed = Parse(SiblingConfigs.Phi4NewSpelling);
        Assert.That(renamed with { EndTokenIds = old.EndTokenIds }, Is.EqualTo(old));
    }

    [Test]
    public void Parse_Phi4Mini_HasLongRopeOnThreeQuartersOfAHead()
    {
        ModelConfig config = Parse(SiblingConfigs.Phi4Mini);
        LongRopeScaling scaling = (LongRopeScaling)config.Rope.Scaling!;
        Assert.Multiple(() =>
        {
            Assert.That(config.HeadSize, Is.EqualTo(128));
            Assert.That(config.Rope.RotarySize, Is.EqualTo(96));
            Assert.That(scaling.ShortFactors, Has.Count.EqualTo(48).And.All.EqualTo(1f));
            Assert.That(scaling.LongFactors[8], Is.EqualTo(2f));
            Assert.That(scaling.OriginalMaxPositions, Is.EqualTo(4096));
            Assert.That(scaling.AttentionFactor, Is.EqualTo(1.1902380714238083).Within(1e-15));
            Assert.That(config.TieWordEmbeddings, Is.True);
            Assert.That(config.SlidingWindow, Is.Null, "a window beyond the context is none");
        });
    }

    [TestCase("su")]
    [TestCase("yarn")]
    [TestCase("longrope")]
    public void Parse_Phi3NamesOfLongRope_AreTheSame(string type)
    {
        string json = SiblingConfigs.Phi3Medium128K.Replace("\"su\"", $"\"{type}\"", StringComparison.Ordinal);
        Assert.That(Parse(json).Rope.Scaling, Is.TypeOf<LongRopeScaling>());
    }

    [Test]
    public void Parse_LongRopeWithGivenFactors_UsesThem()
    {
        string scaling(string extra) => SiblingConfigs.Phi4Mini.Replace("\"longrope\"", $"\"longrope\",{extra}", StringComparison.Ordinal);
        Assert.Multiple(() =>
        {
            Assert.That(LongRope(scaling("\"attention_factor\":1.5")).AttentionFactor, Is.EqualTo(1.5));
            Assert.That(LongRope(scaling("\"factor\":1")).AttentionFactor, Is.EqualTo(1));
            Assert.That(LongRope(scaling("\"factor\":32.0")).AttentionFactor, Is.EqualTo(1.1902380714238083).Within(1e-15));
        });

        static LongRopeScaling LongRope(string json) => (LongRopeScaling)Parse(json).Rope.Scaling!;
    }

    [Test]
    public void Parse_Llama70B_HasLlama3Scaling()
    {
        ModelConfig config = Parse(SiblingConfigs.Llama70B);
        Assert.Multiple(() =>
        {
            Assert.That(config.Layout, Is.EqualTo(ProjectionLayout.Separate));
            Assert.That(config.Rope.Scaling, Is.EqualTo(new Llama3RopeScaling(8, 1, 4, 8192)));
            Assert.That(config.EndTokenIds, Is.EqualTo(new[] { 128001, 128008, 128009 }));
        });
    }

    [Test]
    public void Parse_Qwen_HasBiasesAndNoWindow()
    {
        ModelConfig config = Parse(SiblingConfigs.Qwen14B);
        Assert.Multiple(() =>
        {
            Assert.That(config.QkvBias, Is.True);
            Assert.That(config.SlidingWindow, Is.Null);
            Assert.That(config.RmsNormEpsilon, Is.EqualTo(1e-6f));
        });
    }

    [Test]
    public void Parse_LinearScaling_IsRead()
    {
        string json = SiblingConfigs.Edit(SiblingConfigs.UnslothPhi4, """{ "rope_scaling": { "type": "linear", "factor": 4 } }""");
        Assert.That(Parse(json).Rope.Scaling, Is.EqualTo(new LinearRopeScaling(4)));
    }

    [TestCase("2047", ExpectedResult = 2047)]
    [TestCase("4096", ExpectedResult = null)]
    [TestCase("262144", ExpectedResult = null)]
    [TestCase("0", ExpectedResult = null)]
    [TestCase("null", ExpectedResult = null)]
    public int? Parse_Phi3SlidingWindow_IsNoneWhereItHidesNothing(string window) =>
        Parse(SiblingConfigs.Edit(SiblingConfigs.Phi3Mini4K, $$"""{ "sliding_window": {{window}} }""")).SlidingWindow;

    [TestCase("""{ "use_sliding_window": true, "sliding_window": 4096, "max_window_layers": 0 }""", ExpectedResult = 4096)]
    [TestCase("""{ "use_sliding_window": true, "sliding_window": 4096, "max_window_layers": 48 }""", ExpectedResult = null)]
    [TestCase("""{ "use_sliding_window": true }""", ExpectedResult = null)]
    [TestCase("""{ "use_sliding_window": false, "sliding_window": 4096 }""", ExpectedResult = null)]
    public int? Parse_QwenSlidingWindow_FollowsItsFlag(string changes) => Parse(SiblingConfigs.Edit(SiblingConfigs.Qwen14B, changes)).SlidingWindow;

    [Test]
    public void Parse_MissingKvHeads_MeansOneForEachHead() =>
        Assert.That(Parse(SiblingConfigs.Edit(SiblingConfigs.Phi4, "{}", "num_key_value_heads")).KvHeadCount, Is.EqualTo(40));

    [Test]
    public void Parse_ModelTypeAlone_NamesTheFamily() =>
        Assert.That(Parse(SiblingConfigs.Edit(SiblingConfigs.Qwen14B, "{}", "architectures")).Architecture, Is.EqualTo("Qwen2ForCausalLM"));

    [Test]
    public void Parse_ExplicitHeadSize_NeedNotDivideTheHiddenSize()
    {
        ModelConfig config = Parse(SiblingConfigs.Edit(SiblingConfigs.UnslothPhi4, """{ "head_dim": 96 }"""));
        Assert.That((config.HeadSize, config.Rope.RotarySize), Is.EqualTo((96, 96)));
    }

    [Test]
    public void Read_GoldenModels_Succeeds([ValueSource(typeof(Goldens), nameof(Goldens.ModelNames))] string name)
    {
        ModelConfig config = ModelConfigReader.Read(Path.Combine(Goldens.Model(name), ModelConfigReader.FileName));
        Assert.That(config.VocabSize, Is.EqualTo(name == "tiny-phi4-mini" ? 600 : 512));
    }

    private static ModelConfig Parse(string json) => ModelConfigReader.Parse(Encoding.UTF8.GetBytes(json), "config.json");
}
