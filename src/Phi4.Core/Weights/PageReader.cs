// SPDX-License-Identifier: MIT
namespace Phi4.Core.Weights;

/// <summary>Walks over the tensors of a checkpoint once: reports progress and, where asked, brings their pages into memory on all cores.</summary>
internal static class PageReader
{
    // Small enough that cancelling feels immediate on a slow disk, and that every core has some.
    private const int ChunkBytes = 1 << 24;

    /// <param name="checkpoint">Its tensors.</param>
    /// <param name="isWanted">Whether a tensor is to be brought into memory; all are reported.</param>
    /// <param name="options">Threads, progress.</param>
    /// <param name="cancellationToken">Stops between two chunks.</param>
    public static void Run(Checkpoint checkpoint, Func<TensorInfo, bool> isWanted, WeightLoadOptions options, CancellationToken cancellationToken)
    {
        long total = checkpoint.ByteCount;
        long bytesDone = 0;
        int tensorsDone = 0;
        foreach (SafetensorsFile file in checkpoint.Files)
        {
            if (options.ReadsEverything)
            {
                PreferHugePages(file, isWanted);
            }

            foreach (TensorInfo tensor in file.Tensors)
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (options.ReadsEverything && isWanted(tensor))
                {
                    Fetch(file, tensor, options.ThreadCount, cancellationToken);
                }

                bytesDone += tensor.ByteCount;
                tensorsDone++;
                options.Progress?.Report(new LoadProgress(bytesDone, total, tensorsDone, checkpoint.TensorCount, tensor.Name));
            }
        }

        cancellationToken.ThrowIfCancellationRequested();
        options.Progress?.Report(new LoadProgress(total, total, tensorsDone, checkpoint.TensorCount, null));
    }

    // Before anything is read: a page of 2 MB on which two tensors meet is had only if both want it.
    private static void PreferHugePages(SafetensorsFile file, Func<TensorInfo, bool> isWanted)
    {
        foreach (TensorInfo tensor in file.Tensors.Where(isWanted))
        {
            file.PreferHugePages(tensor.FileOffset, tensor.ByteCount);
        }
    }

    private static void Fetch(SafetensorsFile file, TensorInfo tensor, int threadCount, CancellationToken cancellationToken)
    {
        int chunks = checked((int)((tensor.ByteCount + ChunkBytes - 1) / ChunkBytes));
        if (chunks <= 1)
        {
            file.ReadIn(tensor.FileOffset, tensor.ByteCount);
            return;
        }

        ParallelOptions parallel = new() { MaxDegreeOfParallelism = Math.Max(1, threadCount), CancellationToken = cancellationToken };
        Parallel.For(0, chunks, parallel, i =>
        {
            long start = (long)i * ChunkBytes;
            file.ReadIn(tensor.FileOffset + start, Math.Min(ChunkBytes, tensor.ByteCount - start));
        });
    }
}
