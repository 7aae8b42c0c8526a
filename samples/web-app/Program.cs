// SPDX-License-Identifier: MIT
// The model as a service of a web app: loaded while the app starts, ready when its health says so, drained when it stops.
using Microsoft.Extensions.AI;
using Phi4.Extensions.AI.Hosting;

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
string model = args.FirstOrDefault(argument => !argument.StartsWith('-')) ?? "samples/phi4-sample";
builder.Services.AddPhi4ChatClient(options => options.Model = model);
builder.Services.AddHealthChecks().AddPhi4();
WebApplication app = builder.Build();

app.MapHealthChecks("/health");

app.MapGet("/ask", async (string question, IChatClient chat, CancellationToken stop) => (await chat.GetResponseAsync(question, cancellationToken: stop)).Text);

// The same as it comes, as server-sent events.
app.MapGet("/stream", (string question, IChatClient chat, CancellationToken stop) =>
    TypedResults.ServerSentEvents(chat.GetStreamingResponseAsync(question, cancellationToken: stop).Select(update => update.Text).Where(text => text.Length > 0)));

app.Run();
