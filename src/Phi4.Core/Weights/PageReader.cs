// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights;

/// <summary>Walks over the tensors of a checkpoint once: reports progress and, where asked, brings their pages into memory.</summary>
internal static class PageReader
{
    // Small enough that cancelling feels immediate on a slow disk.
    private const int ChunkBytes = 1 << 24;

    public static void Run(Checkpoint checkpoint, WeightLoadOptions options, CancellationToken cancellationToken)
    {
        long total = checkpoint.ByteCount;
        bool fits = total <= options.ReadAheadLimitBytes;
        long bytesDone = 0;
        int tensorsDone = 0;
        foreach (SafetensorsFile file in checkpoint.Files)
        {
            foreach (TensorInfo tensor in file.Tensors)
            {
                for (long start = 0; start < tensor.ByteCount; start += ChunkBytes)
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    int count = (int)Math.Min(ChunkBytes, tensor.ByteCount - start);
                    if (fits)
                    {
                        Fetch(file, tensor, start, count, options.ReadEverything);
                    }

                    bytesDone += count;
                    if (start + count < tensor.ByteCount && fits)
                    {
                        options.Progress?.Report(new LoadProgress(bytesDone, total, tensorsDone, checkpoint.TensorCount, tensor.Name));
                    }
                }

                tensorsDone++;
                options.Progress?.Report(new LoadProgress(bytesDone, total, tensorsDone, checkpoint.TensorCount, tensor.Name));
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        options.Progress?.Report(new LoadProgress(total, total, tensorsDone, checkpoint.TensorCount, null));
    }

    private static void Fetch(SafetensorsFile file, TensorInfo tensor, long start, int count, bool read)
    {
        file.AdviseWillNeed(tensor.FileOffset + start, count);
        if (read)
        {
            ReadOnlySpan<byte> bytes = file.Bytes(tensor, start, count);
            for (int i = 0; i < bytes.Length; i += Environment.SystemPageSize)
            {
                Volatile.Read(in bytes[i]);
            }
        }
    }
}
