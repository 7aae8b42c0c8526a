// SPDX-License-Identifier: MIT
using Phi4.Cli.Bench;

namespace Phi4.Cli.Tests.Bench;

[Platform("Linux")]
[NonParallelizable]
public sealed class PeakMemoryTests
{
    private const int Bytes = 256 << 20;

    [Test]
    public void OfThisProcess_AfterTouchingMemory_RisesByAsMuch()
    {
        long before = PeakMemory.OfThisProcess() ?? 0;
        Assert.That(before, Is.GreaterThan(1 << 20));
        Touch();
        Assert.That(PeakMemory.OfThisProcess(), Is.GreaterThanOrEqualTo(Bytes));
        Assert.That(PeakMemory.OfProcess(Environment.ProcessId), Is.EqualTo(PeakMemory.OfThisProcess()).Within(1 << 24));
    }

    [Test]
    public void OfProcess_ThatIsNotThere_IsUnknown() => Assert.That(PeakMemory.OfProcess(int.MaxValue), Is.Null);

    private static void Touch()
    {
        byte[] memory = GC.AllocateUninitializedArray<byte>(Bytes);
        for (int i = 0; i < memory.Length; i += 4096)
        {
            memory[i] = 1;
        }

        GC.KeepAlive(memory);
    }
}
