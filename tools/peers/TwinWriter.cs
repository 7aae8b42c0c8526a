// SPDX-License-Identifier: MIT
using Microsoft.Win32.SafeHandles;
using Phi4.Core.Configuration;
using Phi4.Core.Weights;
using Phi4.Tokenizer;

namespace Phi4.Peers;

/// <summary>Writes the GGUF twin of a checkpoint, in pieces, several at a time, each straight to its place.</summary>
internal static class TwinWriter
{
    private const uint Magic = 0x4655_4747; // "GGUF"
    private const uint Version = 3;
    private const int Alignment = 32;
    private const int PieceValues = 1 << 20;

    /// <summary>Writes the file; a failed one is deleted.</summary>
    /// <returns>Bytes of the file.</returns>
    public static long Write(Arguments arguments, CancellationToken cancellationToken)
    {
        ModelConfig config = ModelConfigReader.Read(Path.Combine(arguments.Folder, ModelConfigReader.FileName));
        using FloatSource source = FloatSource.Open(arguments.Folder, cancellationToken);
        IReadOnlyList<TwinTensor> tensors = TwinTensors.Of(config, source, arguments.Type, arguments.HeadType);
        using GgufPairs pairs = Pairs(config, arguments);
        byte[] header = Header(pairs, tensors);
        long dataStart = RoundUp(header.Length);
        long length = dataStart + tensors.Sum(tensor => RoundUp(tensor.ByteCount));
        using SafeFileHandle file = File.OpenHandle(arguments.Out, FileMode.CreateNew, FileAccess.Write, FileShare.None, FileOptions.None, length);
        try
        {
            RandomAccess.Write(file, header, 0);
            long offset = dataStart;
            foreach (TwinTensor tensor in tensors)
            {
                WriteTensor(file, source, tensor, offset, cancellationToken);
                offset += RoundUp(tensor.ByteCount);
            }

            RandomAccess.SetLength(file, length);
            return length;
        }
        catch
        {
            File.Delete(arguments.Out);
            throw;
        }
    }

    private static void WriteTensor(SafeFileHandle file, FloatSource source, TwinTensor tensor, long offset, CancellationToken cancellationToken)
    {
        int piece = Math.Max(1, PieceValues / tensor.Columns);
        int pieceCount = (tensor.Rows + piece - 1) / piece;
        Parallel.For(0, pieceCount, new ParallelOptions { CancellationToken = cancellationToken, MaxDegreeOfParallelism = Environment.ProcessorCount }, i =>
        {
            int start = i * piece, count = Math.Min(piece, tensor.Rows - start);
            float[] values = tensor.Values ?? Rows(source, tensor, start, count);
            byte[] bytes = new byte[tensor.Type.ByteCount(values.Length)];
            tensor.Type.Encode(values, bytes);
            RandomAccess.Write(file, bytes, offset + tensor.Type.ByteCount((long)start * tensor.Columns));
        });
    }

    private static float[] Rows(FloatSource source, TwinTensor tensor, int start, int count)
    {
        float[] values = new float[count * tensor.Columns];
        if (tensor.PairedHeadSize == 0)
        {
            source.ReadRows(tensor.Source!, start, count, values);
            return values;
        }

        for (int row = 0; row < count; row++)
        {
            source.ReadRows(tensor.Source!, tensor.SourceRow(start + row), 1, values.AsSpan(row * tensor.Columns, tensor.Columns));
        }

        return values;
    }

    private static byte[] Header(GgufPairs pairs, IReadOnlyList<TwinTensor> tensors)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream);
        writer.Write(Magic);
        writer.Write(Version);
        writer.Write((ulong)tensors.Count);
        writer.Write((ulong)pairs.Count);
        writer.Write(pairs.ToArray());
        long offset = 0;
        foreach (TwinTensor tensor in tensors)
        {
            GgufPairs.WriteText(writer, tensor.Name);
            writer.Write((uint)tensor.Shape.Count);
            foreach (long size in tensor.Shape.Reverse())
            {
                writer.Write((ulong)size);
            }

            writer.Write((uint)tensor.Type);
            writer.Write((ulong)offset);
            offset += RoundUp(tensor.ByteCount);
        }

        return stream.ToArray();
    }

    private static GgufPairs Pairs(ModelConfig config, Arguments arguments)
    {
        string family = config.Architecture switch
        {
            "Phi3ForCausalLM" => "phi3",
            "LlamaForCausalLM" => "llama",
            _ => "qwen2",
        };
        var pairs = new GgufPairs();
        pairs.Add("general.architecture", family);
        pairs.Add("general.name", Path.GetFileName(Path.GetFullPath(arguments.Folder).TrimEnd(Path.DirectorySeparatorChar)));
        pairs.Add("general.file_type", (int)arguments.Type.FileType());
        pairs.Add("general.quantization_version", 2);
        pairs.Add($"{family}.context_length", config.MaxPositions);
        pairs.Add($"{family}.embedding_length", config.HiddenSize);
        pairs.Add($"{family}.feed_forward_length", config.MlpSize);
        pairs.Add($"{family}.block_count", config.LayerCount);
        pairs.Add($"{family}.attention.head_count", config.HeadCount);
        pairs.Add($"{family}.attention.head_count_kv", config.KvHeadCount);
        pairs.Add($"{family}.attention.key_length", config.HeadSize);
        pairs.Add($"{family}.attention.value_length", config.HeadSize);
        pairs.Add($"{family}.attention.layer_norm_rms_epsilon", config.RmsNormEpsilon);
        pairs.Add($"{family}.rope.dimension_count", config.Rope.RotarySize);
        pairs.Add($"{family}.rope.freq_base", (float)config.Rope.Theta);
        pairs.Add($"{family}.vocab_size", config.VocabSize);
        if (family == "phi3")
        {
            pairs.Add($"{family}.attention.sliding_window", config.SlidingWindow ?? 0);
        }

        AddScaling(pairs, family, config);
        AddVocabulary(pairs, config, arguments);
        return pairs;
    }

    private static void AddScaling(GgufPairs pairs, string family, ModelConfig config)
    {
        string original = $"{family}.rope.scaling.original_context_length";
        switch (config.Rope.Scaling)
        {
            case null:
                pairs.Add(original, config.MaxPositions);
                break;
            case LinearRopeScaling linear:
                pairs.Add($"{family}.rope.scaling.type", "linear");
                pairs.Add($"{family}.rope.scaling.factor", (float)linear.Factor);
                break;
            case LongRopeScaling longRope:
                pairs.Add($"{family}.rope.scaling.attn_factor", (float)longRope.AttentionFactor);
                pairs.Add(original, longRope.OriginalMaxPositions);
                break;
            default:
                throw new ArgumentException($"GGUF twins of models with {config.Rope.Scaling.GetType().Name} are not written.");
        }
    }

    private static void AddVocabulary(GgufPairs pairs, ModelConfig config, Arguments arguments)
    {
        string own = Path.Combine(arguments.Folder, "tokenizer.json");
        string? file = arguments.TokenizerFile ?? (File.Exists(own) ? own : null);
        TwinVocabulary vocabulary = file is null ? TwinVocabulary.MadeUp(config.VocabSize) : TwinVocabulary.Read(file, config.VocabSize);
        pairs.Add("tokenizer.ggml.model", "gpt2");
        pairs.Add("tokenizer.ggml.pre", vocabulary.Pattern);
        pairs.Add("tokenizer.ggml.tokens", vocabulary.Tokens);
        pairs.Add("tokenizer.ggml.token_type", vocabulary.Kinds);
        pairs.Add("tokenizer.ggml.merges", vocabulary.Merges);
        pairs.Add("tokenizer.ggml.add_bos_token", false);
        if (config.BeginTokenId is { } begin)
        {
            pairs.Add("tokenizer.ggml.bos_token_id", begin);
        }

        if (config.EndTokenIds is [int end, ..])
        {
            pairs.Add("tokenizer.ggml.eos_token_id", end);
        }

        if (file is not null && ChatTemplate.FindInFolder(arguments.Folder) is { } template)
        {
            pairs.Add("tokenizer.chat_template", template.Source);
        }
    }

    private static long RoundUp(long length) => (length + Alignment - 1) / Alignment * Alignment;
}
