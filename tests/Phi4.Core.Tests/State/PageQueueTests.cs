// SPDX-License-Identifier: MIT
using CsCheck;
using Phi4.Core.State;

namespace Phi4.Core.Tests.State;

internal sealed class PageQueueTests
{
    [Test]
    public void AnyHistory_AgainstAList_HasTheSameOrder() => Gen.Int[0, 7].Array[0, 100].Sample(pages =>
    {
        var queue = new PageQueue(8);
        List<int> expected = [];
        foreach (int page in pages)
        {
            if (expected.Remove(page))
            {
                queue.Remove(page);
            }
            else
            {
                expected.Add(page);
                queue.Append(page);
            }
        }

        bool isSame = queue.Count == expected.Count;
        for (; expected.Count > 0; expected.RemoveAt(0))
        {
            isSame &= queue.First == expected[0];
            queue.Remove(queue.First);
        }

        return isSame && queue.Count == 0;
    });
}
