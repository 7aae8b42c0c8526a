// SPDX-License-Identifier: MIT
using Phi4.Kernels.Cuda.Modules;

namespace Phi4.Kernels.Tests.Cuda.Modules;

[TestFixture]
internal sealed class ModuleCacheTests
{
    private string _folder = "";

    [SetUp]
    public void MakeFolder() => _folder = Directory.CreateTempSubdirectory("phi4-cuda-cache-").FullName;

    [TearDown]
    public void RemoveFolder() => Directory.Delete(_folder, recursive: true);

    [Test]
    public void Read_WhatWasWritten_ComesBack()
    {
        var cache = new ModuleCache(Path.Combine(_folder, "made", "on demand"));
        Assert.That(cache.Read("decode"), Is.Null);
        cache.Write("decode", [1, 2, 3]);
        cache.Write("decode", [4, 5]);
        Assert.That(cache.Read("decode"), Is.EqualTo((byte[])[4, 5]));
        Assert.That(cache.Read("prefill"), Is.Null);
    }

    [Test]
    public void Read_AnyByteChangedOrCut_CountsAsAbsent()
    {
        var cache = new ModuleCache(_folder);
        cache.Write("decode", [.. Enumerable.Range(0, 50).Select(i => (byte)i)]);
        string path = Directory.GetFiles(_folder).Single();
        byte[] whole = File.ReadAllBytes(path);
        for (int i = 0; i < whole.Length; i++)
        {
            byte[] changed = [.. whole];
            changed[i] ^= 4;
            File.WriteAllBytes(path, changed);
            Assert.That(cache.Read("decode"), Is.Null, $"byte {i} changed");
            File.WriteAllBytes(path, whole[..i]);
            Assert.That(cache.Read("decode"), Is.Null, $"cut to {i} bytes");
        }
    }

    [Test]
    public void Write_FromManyAtOnce_NeverShowsHalfAnEntry()
    {
        using var stop = new CancellationTokenSource();
        Task[] writers = [.. Enumerable.Range(0, 3).Select(writer => Task.Run(() =>
        {
            var cache = new ModuleCache(_folder);
            byte[] content = new byte[100_000];
            Array.Fill(content, (byte)writer);
            while (!stop.IsCancellationRequested)
            {
                cache.Write("decode", content);
            }
        }))];
        var reader = new ModuleCache(_folder);
        SpinWait.SpinUntil(() => reader.Read("decode") is not null, TimeSpan.FromSeconds(20));
        for (int i = 0; i < 100; i++)
        {
            byte[]? content = reader.Read("decode");
            Assert.That(content, Is.Not.Null);
            Assert.That(content, Has.Length.EqualTo(100_000).And.All.EqualTo(content![0]));
        }

        stop.Cancel();
        Task.WaitAll(writers);
        Assert.That(Directory.GetFiles(_folder), Has.Length.EqualTo(1), "nothing half-written stays");
    }

    [Test]
    public void Write_WhereNothingCanBe_IsNoError()
    {
        string file = Path.Combine(_folder, "a file");
        File.WriteAllText(file, "");
        var cache = new ModuleCache(Path.Combine(file, "folder"));
        cache.Write("decode", [1]);
        Assert.That(cache.Read("decode"), Is.Null);
        cache.Forget("decode");
    }
}
