// SPDX-License-Identifier: MIT
using Phi4.Core.Evaluation;

namespace Phi4.Core.Tests.Evaluation;

[TestFixture]
internal sealed class LogitExchangeTests
{
    /// <summary>Of so many tokens the buffer takes five rows.</summary>
    private const int VocabSize = (64 << 20) / sizeof(float) / 5;

    [TestCase(1)]
    [TestCase(4)]
    [TestCase(5)]
    [TestCase(6)]
    [TestCase(10)]
    [TestCase(13)]
    public async Task Rows_MoreThanTheBufferTakes_ArriveInOrderAndTheSidesTakeTurns(int rowCount)
    {
        using var exchange = new LogitExchange(VocabSize, rowCount, CancellationToken.None);
        int given = 0;
        List<int> ahead = [];
        Task giving = Task.Run(() =>
        {
            float[] row = new float[VocabSize];
            for (int i = 0; i < rowCount; i++)
            {
                row[^1] = i;
                Volatile.Write(ref given, i + 1);
                exchange.Give(row, i == rowCount - 1);
            }
        });
        await exchange.FirstRowsAsync().WaitAsync(TimeSpan.FromSeconds(30));
        await Task.Run(() =>
        {
            for (int i = 0; i < rowCount; i++)
            {
                ahead.Add(Volatile.Read(ref given));
                Assert.That(exchange.Take()[^1], Is.EqualTo(i));
                exchange.Return(i == rowCount - 1);
            }
        }).WaitAsync(TimeSpan.FromSeconds(30));
        await giving.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(ahead, Is.EqualTo(Enumerable.Range(0, rowCount).Select(i => Math.Min(rowCount, ((i / 5) + 1) * 5))), "one computes while the other waits");
    }

    [Test]
    public async Task Waiting_Cancelled_Ends()
    {
        using CancellationTokenSource stop = new();
        using var exchange = new LogitExchange(VocabSize, 6, stop.Token);
        float[] row = new float[VocabSize];
        Task giving = Task.Run(() =>
        {
            for (int i = 0; i < 6; i++)
            {
                exchange.Give(row, i == 5);
            }
        });
        await stop.CancelAsync();
        await Assert.CatchAsync<OperationCanceledException>(() => giving.WaitAsync(TimeSpan.FromSeconds(30)));
    }
}
