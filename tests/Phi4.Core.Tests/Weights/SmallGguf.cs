// SPDX-License-Identifier: MIT
using Phi4.Core.Tests.Weights.Gguf;

namespace Phi4.Core.Tests.Weights;

/// <summary>A GGUF file of one small phi3 layer in several types: Q4_0, Q4_1 with its offsets, Q8_0.</summary>
internal static class SmallGguf
{
    private const uint F32 = 0;
    private const uint Q4Zero = 2;
    private const uint Q4One = 3;
    private const uint Q8Zero = 8;
    private const int Hidden = 64;
    private const int Block = 32;

    /// <summary>What the output projection is worth: 64 rows of 64.</summary>
    public static double[] Output { get; } = [.. Enumerable.Range(0, Hidden * Hidden).Select(i => Scale(i / Block) * (Nibble(i / Block, i % Block) - 8))];

    public static string Write(TemporaryFolder folder)
    {
        byte[] file = new GgufBuilder()
            .Add("general.architecture", "phi3")
            .Add("phi3.embedding_length", Hidden).Add("phi3.block_count", 1).Add("phi3.feed_forward_length", Hidden).Add("phi3.context_length", 128)
            .Add("phi3.attention.head_count", 4).Add("phi3.attention.head_count_kv", 2).Add("phi3.attention.layer_norm_rms_epsilon", 1e-5f)
            .Add("phi3.rope.dimension_count", 16).Add("phi3.rope.freq_base", 10000f)
            .Tensor("token_embd.weight", Q8Zero, [40, Hidden], Blocks(40, Q8Zero))
            .Tensor("blk.0.attn_norm.weight", F32, [Hidden], Norm())
            .Tensor("blk.0.attn_qkv.weight", Q4Zero, [128, Hidden], Blocks(128, Q4Zero))
            .Tensor("blk.0.attn_output.weight", Q4Zero, [Hidden, Hidden], Blocks(Hidden, Q4Zero))
            .Tensor("blk.0.ffn_norm.weight", F32, [Hidden], Norm())
            .Tensor("blk.0.ffn_up.weight", Q8Zero, [128, Hidden], Blocks(128, Q8Zero))
            .Tensor("blk.0.ffn_down.weight", Q4One, [Hidden, Hidden], Blocks(Hidden, Q4One))
            .Tensor("output_norm.weight", F32, [Hidden], Norm())
            .Tensor("output.weight", Q8Zero, [40, Hidden], Blocks(40, Q8Zero))
            .Build();
        File.WriteAllBytes(folder["small.gguf"], file);
        return folder["small.gguf"];
    }

    private static byte[] Norm() => [.. Enumerable.Range(0, Hidden).SelectMany(i => BitConverter.GetBytes(1f + (i / 100f)))];

    private static byte[] Blocks(int rows, uint type)
    {
        List<byte> bytes = [];
        for (int block = 0; block < rows * Hidden / Block; block++)
        {
            bytes.AddRange(BitConverter.GetBytes((Half)Scale(block)));
            if (type == Q4One)
            {
                bytes.AddRange(BitConverter.GetBytes((Half)(-7 * Scale(block))));
            }

            for (int j = 0; j < (type == Q8Zero ? Block : Block / 2); j++)
            {
                bytes.Add((byte)(Nibble(block, j) | (Nibble(block, j + (Block / 2)) << 4)));
            }
        }

        return [.. bytes];
    }

    private static double Scale(int block) => (1 + (block % 7)) / 256.0;

    private static int Nibble(int block, int k) => ((block * 5) + (k * 11) + (k / 3)) % 16;
}
