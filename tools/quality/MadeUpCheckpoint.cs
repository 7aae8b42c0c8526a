// SPDX-License-Identifier: MIT
using System.Runtime.InteropServices;
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Kernels;

namespace Phi4.Quality;

/// <summary>A checkpoint whose layers each have weights of another kind, all random: what is known of trained weights' distributions, not trained weights.</summary>
internal static class MadeUpCheckpoint
{
    public const int Hidden = 1024;
    public const int Mlp = 2048;
    private const float Size = 0.02f;

    private static readonly string Config = $$"""
        {
          "architectures": ["Phi3ForCausalLM"], "model_type": "phi3", "hidden_act": "silu", "hidden_size": {{Hidden}}, "intermediate_size": {{Mlp}},
          "num_hidden_layers": {{Kinds.Count}}, "num_attention_heads": 8, "num_key_value_heads": 2, "vocab_size": 256, "max_position_embeddings": 512,
          "original_max_position_embeddings": 512, "rms_norm_eps": 1e-05, "rope_theta": 10000, "tie_word_embeddings": false, "torch_dtype": "float32",
          "bos_token_id": 0, "eos_token_id": 0
        }
        """;

    /// <summary>What the weights of layer 0, 1, … are.</summary>
    public static IReadOnlyList<string> Kinds => ["normal", "Student t, 4 degrees", "Laplace", "normal, uneven rows, 1 % of columns 8 times as large"];

    public static void Write(string folder)
    {
        Directory.CreateDirectory(folder);
        string file = Path.Combine(folder, ModelConfigReader.FileName);
        File.WriteAllText(file, Config);
        TensorSpec[] tensors = [.. CheckpointLayout.Tensors(ModelConfigReader.Read(file))];
        using SafetensorsWriter writer = SafetensorsWriter.Create(
            Path.Combine(folder, Checkpoint.SingleFileName), [.. tensors.Select(spec => (spec.Name, DType.F32, spec.Shape))]);
        for (int i = 0; i < tensors.Length; i++)
        {
            writer.Write(tensors[i].Name, MemoryMarshal.AsBytes<float>(Values(tensors[i], new Random(i))));
        }

        writer.Complete();
    }

    /// <summary>A standard normal number.</summary>
    public static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    private static float[] Values(TensorSpec spec, Random random)
    {
        float[] values = new float[spec.Count];
        int layer = spec.Name.Split('.') is ["model", "layers", var index, ..] ? int.Parse(index, System.Globalization.CultureInfo.InvariantCulture) : 0;
        int columns = (int)spec.Shape[^1];
        double[] columnSizes = [.. Enumerable.Range(0, columns).Select(_ => random.Next(100) == 0 ? 8.0 : 1)];
        double rowSize = 1;
        for (int i = 0; i < values.Length; i++)
        {
            rowSize = i % columns == 0 ? Math.Exp(0.5 * Normal(random)) : rowSize;
            values[i] = Size * (float)(layer switch
            {
                0 => Normal(random),
                1 => Normal(random) / Math.Sqrt(Enumerable.Range(0, 4).Sum(_ => Math.Pow(Normal(random), 2)) / 4),
                2 => Math.Log(1 - random.NextDouble()) * (random.Next(2) == 0 ? 1 : -1),
                _ => Normal(random) * rowSize * columnSizes[i % columns],
            });
        }

        return values;
    }
}
