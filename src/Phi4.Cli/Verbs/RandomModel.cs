// SPDX-License-Identifier: MIT
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Phi4.Core.Diagnostics;

namespace Phi4.Cli.Verbs;

/// <summary>A tiny model with fixed pseudo-random weights in a temporary folder, deleted on dispose.</summary>
internal sealed class RandomModel : IDisposable
{
    private const string Configuration = """
        {
          "architectures": ["Phi3ForCausalLM"], "model_type": "phi3", "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
          "num_key_value_heads": 2, "intermediate_size": 160, "vocab_size": 96, "max_position_embeddings": 64, "rms_norm_eps": 1e-5,
          "rope_theta": 250000, "hidden_act": "silu", "tie_word_embeddings": false, "torch_dtype": "float32"
        }
        """;

    private RandomModel(string folder) => Folder = folder;

    public string Folder { get; }

    public static RandomModel Create()
    {
        var model = new RandomModel(Directory.CreateTempSubdirectory("phi4-doctor-").FullName);
        string configuration = Path.Combine(model.Folder, "config.json");
        File.WriteAllText(configuration, Configuration);
        model.WriteWeights([.. ModelInspection.Inspect(configuration).Tensors.Select(tensor => (tensor.Name, tensor.Shape))]);
        return model;
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    private void WriteWeights(IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> tensors)
    {
        byte[] header = Encoding.UTF8.GetBytes(Header(tensors));
        using FileStream file = File.Create(Path.Combine(Folder, "model.safetensors"));
        Span<byte> number = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(number, (ulong)header.Length);
        file.Write(number);
        file.Write(header);
        ulong state = 0x5048_4934; // any start will do
        foreach ((_, IReadOnlyList<long> shape) in tensors)
        {
            float scale = shape.Count == 1 ? 0.1f : 1 / MathF.Sqrt(shape[^1]);
            float offset = shape.Count == 1 ? 1 : 0; // norms scale by about one
            for (long i = 0; i < CountOf(shape); i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(number, offset + (scale * NextUniform(ref state)));
                file.Write(number[..4]);
            }
        }
    }

    private static string Header(IReadOnlyList<(string Name, IReadOnlyList<long> Shape)> tensors)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream))
        {
            long offset = 0;
            json.WriteStartObject();
            foreach ((string name, IReadOnlyList<long> shape) in tensors)
            {
                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (long size in shape)
                {
                    json.WriteNumberValue(size);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += CountOf(shape) * sizeof(float));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        string header = Encoding.UTF8.GetString(stream.ToArray());
        return header.PadRight((header.Length + 7) / 8 * 8); // data begins at a multiple of eight
    }

    private static long CountOf(IReadOnlyList<long> shape) => shape.Aggregate(1L, (product, size) => product * size);

    /// <summary>From -1 to 1; SplitMix64 (Steele, Lea, Flood 2014).</summary>
    private static float NextUniform(ref ulong state)
    {
        ulong z = state += 0x9E37_79B9_7F4A_7C15;
        z = (z ^ (z >> 30)) * 0xBF58_476D_1CE4_E5B9;
        z = (z ^ (z >> 27)) * 0x94D0_49BB_1331_11EB;
        return ((z ^ (z >> 31)) >> 40) / (float)(1 << 23) - 1;
    }
}
