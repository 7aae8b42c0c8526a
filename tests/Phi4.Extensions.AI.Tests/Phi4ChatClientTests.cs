// SPDX-License-Identifier: MIT
using Microsoft.Extensions.AI;
using Phi4.TestSupport;

namespace Phi4.Extensions.AI.Tests;

internal sealed class Phi4ChatClientTests
{
    [Test]
    public async Task GetResponse_OfTheSampleModel_IsTheTrainedAnswer()
    {
        await using Phi4Model model = await Phi4Model.LoadAsync(Samples.Model);
        using IChatClient chat = model.AsChatClient();
        ChatResponse response = await chat.GetResponseAsync("What is 12 + 30?");
        Assert.That(response.Text, Is.EqualTo("12 + 30 = 42."));
        Assert.That(response.FinishReason, Is.EqualTo(ChatFinishReason.Stop));
    }
}
