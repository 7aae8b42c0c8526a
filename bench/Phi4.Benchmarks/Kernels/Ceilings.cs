// SPDX-License-Identifier: MIT
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Phi4.Kernels.Cpu;

namespace Phi4.Benchmarks.Kernels;

/// <summary>What the machine could do at most: plain reads and plain multiply-adds, on the kernels' own threads.</summary>
internal static unsafe class Ceilings
{
    /// <summary>Reads a buffer front to back.</summary>
    public sealed class ReadJob(nint address, long byteCount) : Job
    {
        private float _sink;

        public override void Run(int share, int shareCount)
        {
            long bytes = byteCount / shareCount / 256 * 256;
            _sink += Read((float*)(address + (nint)(bytes * share)), bytes / sizeof(float));
        }

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static float Read(float* source, long count)
        {
            Vector256<float> a = default, b = default, c = default, d = default;
            for (float* end = source + count; source < end; source += 32)
            {
                a += Vector256.Load(source);
                b += Vector256.Load(source + 8);
                c += Vector256.Load(source + 16);
                d += Vector256.Load(source + 24);
            }

            return Vector256.Sum(a + b + (c + d));
        }
    }

    /// <summary>Ten independent chains of multiply-adds in registers.</summary>
    public sealed class MultiplyAddJob : Job
    {
        public const int Turns = 2_000_000;
        private float _sink;

        /// <summary>Multiply-adds count two.</summary>
        public static double FlopsPerShare => 2.0 * 10 * Turns * (Vector512.IsHardwareAccelerated ? 16 : 8);

        public override void Run(int share, int shareCount)
            => _sink += Vector512.IsHardwareAccelerated ? Chains<Vector512Ops, Vector512<float>>() : Chains<Vector256Ops, Vector256<float>>();

        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        private static float Chains<TOps, TV>()
            where TOps : struct, IVectorOps<TV>
            where TV : struct
        {
            TV x = TOps.Broadcast(0.999f), y = TOps.Broadcast(0.001f);
            TV a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x;
            for (int turn = 0; turn < Turns; turn++)
            {
                a = TOps.MultiplyAdd(a, x, y);
                b = TOps.MultiplyAdd(b, x, y);
                c = TOps.MultiplyAdd(c, x, y);
                d = TOps.MultiplyAdd(d, x, y);
                e = TOps.MultiplyAdd(e, x, y);
                f = TOps.MultiplyAdd(f, x, y);
                g = TOps.MultiplyAdd(g, x, y);
                h = TOps.MultiplyAdd(h, x, y);
                i = TOps.MultiplyAdd(i, x, y);
                j = TOps.MultiplyAdd(j, x, y);
            }

            float* lanes = stackalloc float[16];
            TOps.Store(lanes, TOps.Add(TOps.Add(TOps.Add(a, b), TOps.Add(c, d)), TOps.Add(TOps.Add(e, f), TOps.Add(TOps.Add(g, h), TOps.Add(i, j)))));
            return lanes[0];
        }
    }
}
