// SPDX-License-Identifier: MIT
using Phi4.Core.Generation;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Model;

/// <summary>The engine in float32 arithmetic against the reference implementation, on every golden model and backend.</summary>
[TestFixtureSource(nameof(Cases))]
internal sealed class GoldenModelTests(string model, string backend)
{
    /// <summary>Largest difference over the std of the golden logits, for float32 arithmetic: tests/goldens/models/README.md.</summary>
    private const double Tolerance = 1e-4;

    private readonly GoldenModel _golden = GoldenModel.Read(model);

    /// <summary>Std of the logits of a typical prompt, which the tolerance is relative to.</summary>
    private double Std => _golden.Prompts[^1].Std;

    private Engine _engine = null!;

    private static IEnumerable<object[]> Cases() =>
        from model in Goldens.ModelNames from backend in Backends.Names select new object[] { model, backend };

    [OneTimeSetUp]
    public void Load() => _engine = TestEngine.Create(_golden.Folder, Backends.Create(backend, roundsActivations: false));

    [OneTimeTearDown]
    public void Unload() => _engine.Dispose();

    [Test]
    public async Task Prompts_EachAlone_GiveTheReferenceLogits()
    {
        foreach (GoldenPrompt prompt in _golden.Prompts)
        {
            IReadOnlyDictionary<int, float[]> logits = await _engine.RunAsync(prompt.Ids, prompt.Inner.Select(inner => inner.Position));
            AssertClose(logits[prompt.Ids.Length - 1], prompt.LastLogits, prompt.Std, $"{model} on {backend}, {prompt.Ids.Length} tokens, last");
            foreach (GoldenInner inner in prompt.Inner)
            {
                float[] found = [.. inner.Ids.Select(id => logits[inner.Position][id])];
                AssertClose(found, inner.Logits, prompt.Std, $"{model} on {backend}, {prompt.Ids.Length} tokens, position {inner.Position}");
            }
        }
    }

    [Test]
    public async Task Prompts_AllTogether_GiveTheSameBitsAsEachAlone()
    {
        List<GoldenPrompt> prompts = AffordablePrompts();
        var together = await Task.WhenAll(prompts.Select(prompt => _engine.RunAsync(prompt.Ids, prompt.Inner.Select(inner => inner.Position))));
        for (int i = 0; i < prompts.Count; i++)
        {
            IReadOnlyDictionary<int, float[]> alone = await _engine.RunAsync(prompts[i].Ids, prompts[i].Inner.Select(inner => inner.Position));
            foreach ((int position, float[] logits) in alone)
            {
                Assert.That(together[i][position], Is.EqualTo(logits).AsCollection, $"prompt of {prompts[i].Ids.Length}, position {position}");
            }
        }
    }

    [Test]
    public async Task Greedy_FedWithTheReferenceTokens_ChoosesThem()
    {
        foreach (GoldenGreedy greedy in _golden.Greedy)
        {
            using var sequence = new Phi4Sequence(_engine, _golden.Prompts[0].LastLogits.Length);
            sequence.Append(greedy.PromptIds);
            int decided = 0;
            for (int step = 0; step < greedy.Tokens.Length; step++)
            {
                float[] logits = sequence.Forward().ToArray();
                sequence.Append(greedy.Tokens[step]);
                if (greedy.Margins[step] > 2 * Tolerance * Std)
                {
                    Assert.That(Array.IndexOf(logits, logits.Max()), Is.EqualTo(greedy.Tokens[step]), $"{model} on {backend}, step {step}");
                    Assert.That(logits.Max(), Is.EqualTo(greedy.TopLogits[step]).Within(Tolerance * Std), $"{model} on {backend}, step {step}");
                    decided++;
                }
            }

            Assert.That(decided, Is.GreaterThan(40), "almost every step must be decidable");
        }
    }

    [TestCase(DType.BF16, 1.5e-2)]
    [TestCase(DType.I8, 3e-2)]
    public async Task Prompts_WithRoundedKeysAndValues_StayNearTheReference(DType cacheType, double tolerance)
    {
        using Engine rounded = TestEngine.Create(_golden.Folder, Backends.Create(backend, roundsActivations: false), cacheType: cacheType);
        foreach (GoldenPrompt prompt in _golden.Prompts.Where(prompt => prompt.Ids.Length <= 33))
        {
            float[] logits = (await rounded.RunAsync(prompt.Ids))[prompt.Ids.Length - 1];
            double rms = Math.Sqrt(logits.Zip(prompt.LastLogits, (a, b) => ((double)a - b) * ((double)a - b)).Average()) / prompt.Std;
            Assert.That(rms, Is.LessThan(tolerance), $"{model} on {backend}, {prompt.Ids.Length} tokens: half of what bfloat16 everywhere costs the reference, or as much");
            TestContext.Out.WriteLine($"{model} on {backend}, {cacheType}, {prompt.Ids.Length} tokens: {rms:E2}");
            Assert.That(rms, Is.GreaterThan(0), "the cache must really be rounded");
        }
    }

    /// <summary>All but the longest, which takes the slow backends many seconds each time.</summary>
    private List<GoldenPrompt> AffordablePrompts() =>
        [.. _golden.Prompts.Where(prompt => prompt.Ids.Length <= (backend is "reference" or "cpu-scalar" ? 200 : int.MaxValue))];

    private static void AssertClose(float[] found, float[] expected, double std, string what)
    {
        Assert.That(found, Has.Length.EqualTo(expected.Length), what);
        int worst = 0;
        for (int i = 0; i < found.Length; i++)
        {
            if (!(Math.Abs((double)found[i] - expected[i]) <= Math.Abs((double)found[worst] - expected[worst])))
            {
                worst = i;
            }
        }

        double error = Math.Abs((double)found[worst] - expected[worst]) / std;
        Assert.That(error, Is.LessThan(Tolerance), $"{what}: logit {worst} is {found[worst]}, the reference has {expected[worst]}");
    }
}
