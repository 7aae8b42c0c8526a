// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.Weights;

[TestFixture]
public sealed class WeightLoaderTests
{
    [Test]
    public void Load_GoldenModels_GivesEveryRoleItsShape([ValueSource(typeof(Goldens), nameof(Goldens.ModelNames))] string name)
    {
        ModelConfig config = ModelConfigReader.Read(Path.Combine(Goldens.Model(name), ModelConfigReader.FileName));
        using ModelWeights weights = WeightLoader.Load(config, Goldens.Model(name));
        int queryRows = config.HeadCount * config.HeadSize;
        int keyRows = config.KvHeadCount * config.HeadSize;
        Assert.Multiple(() =>
        {
            AssertShape(weights.Embedding, config.VocabSize, config.HiddenSize);
            AssertShape(weights.Head, config.VocabSize, config.HiddenSize);
            AssertShape(weights.FinalNorm, 1, config.HiddenSize);
            Assert.That(weights.Head == weights.Embedding, Is.EqualTo(config.TieWordEmbeddings));
            Assert.That(weights.Layers, Has.Count.EqualTo(config.LayerCount));
            foreach (LayerWeights layer in weights.Layers)
            {
                AssertShape(layer.InputNorm, 1, config.HiddenSize);
                AssertShape(layer.Query, queryRows, config.HiddenSize);
                AssertShape(layer.Key, keyRows, config.HiddenSize);
                AssertShape(layer.Value, keyRows, config.HiddenSize);
                AssertShape(layer.Output, config.HiddenSize, queryRows);
                AssertShape(layer.PostAttentionNorm, 1, config.HiddenSize);
                AssertShape(layer.Gate, config.MlpSize, config.HiddenSize);
                AssertShape(layer.Up, config.MlpSize, config.HiddenSize);
                AssertShape(layer.Down, config.HiddenSize, config.MlpSize);
                Assert.That(layer.QueryBias.IsNone && layer.KeyBias.IsNone && layer.ValueBias.IsNone, Is.True);
            }
        });

        void AssertShape(TensorView view, int rows, int columns) =>
            Assert.That((view.Rows, view.Columns, view.DType, view.IsNone), Is.EqualTo((rows, columns, config.DType, false)));
    }
}
