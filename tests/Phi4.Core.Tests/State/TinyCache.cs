// SPDX-License-Identifier: MIT
using Phi4.Core.Configuration;
using Phi4.Core.State;
using Phi4.Kernels;
using Phi4.Kernels.Reference;
using Phi4.TestSupport;

namespace Phi4.Core.Tests.State;

/// <summary>A cache of tiny-phi4's shape in memory of its own.</summary>
internal sealed class TinyCache : IDisposable
{
    private readonly ReferenceKernels _kernels = new();

    public TinyCache(DType type, int pageCount) => Cache = new KvCache(Config, _kernels, type, pageCount);

    public static ModelConfig Config { get; } = ModelConfigReader.Read(Path.Combine(Goldens.Model("tiny-phi4"), "config.json"));

    public KvCache Cache { get; }

    public void Dispose()
    {
        Cache.Dispose();
        _kernels.Dispose();
    }
}
