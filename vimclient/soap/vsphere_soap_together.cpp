// SPDX-License-Identifier: GPL-3.0-or-later
#include <optional>

#include "soap/folders.hpp"
#include "soap/readers.hpp"
#include "soap/values.hpp"
#include "soap/vsphere_soap.hpp"

namespace vimclient::wire {

namespace {

/// The readers of one question: all of them are shown every object that comes.
class Readers {
public:
    explicit Readers(const Question& question)
        : question_(question),
          folder_(question.folder_id),
          children_(question.children_of),
          hosts_(question.hosts),
          snapshot_(question.snapshot.id),
          uses_(question.datastore_id),
          place_(question.placed.id)
    {
    }

    std::vector<Query> queries() const
    {
        std::vector<Query> queries;
        if (!question_.vms.empty())
            queries.push_back(query_of_vms(question_.vms));
        if (!question_.folder_id.empty())
            queries.push_back(folder_.query());
        if (!question_.children_of.empty())
            queries.push_back(children_.query());
        if (!question_.placed.id.empty()) {
            queries.push_back(place_.query_of_start());
            queries.push_back(place_.query_of_surroundings());
        }
        if (!question_.hosts.empty())
            queries.push_back(hosts_.query());
        if (!question_.snapshot.id.empty())
            queries.push_back(snapshot_.query());
        if (!question_.datastore_id.empty())
            queries.push_back(uses_.query());
        if (question_.time)
            queries.push_back({.root_type = "ServiceInstance",
                               .roots = {"ServiceInstance"},
                               .wanted = {{"ServiceInstance", {"serverClock"}}}});
        return queries;
    }

    void add(const Object& object)
    {
        vms_.add(object);
        if (!question_.folder_id.empty())
            folder_.add(object);
        if (!question_.children_of.empty())
            children_.add(object);
        if (!question_.placed.id.empty()) {
            place_.add(object);
            folders_.add(object);
            datastores_.add(object);
        }
        hosts_.add(object);
        if (!question_.snapshot.id.empty())
            snapshot_.add(object);
        if (!question_.datastore_id.empty())
            uses_.add(object);
        if (object.type() == "ServiceInstance")
            time_ = parse_time(object.text("serverClock"));
    }

    Answer take(const std::string& root_folder)
    {
        Answer answer;
        answer.time = time_;
        const auto vms = vms_.take();
        for (const VmRef& vm : question_.vms)
            if (const auto found = vms.find(vm.id); found != vms.end())
                answer.vms.push_back(found->second);
        if (!question_.folder_id.empty())
            answer.folder = folder_.take();
        if (children_.found())
            answer.children = children_.ids();
        if (!question_.placed.id.empty() && vms.contains(question_.placed.id)) {
            Place place = place_.take(root_folder);
            if (!place.datacenter_id.empty())
                answer.place = std::move(place);
            answer.folders = folders_.all();
            answer.datastores = std::move(datastores_.datastores);
        }
        answer.hosts = hosts_.take();
        answer.disks = std::move(snapshot_.disks);
        if (!question_.datastore_id.empty())
            answer.uses = uses_.take();
        return answer;
    }

private:
    const Question& question_;
    VmReader vms_;
    FolderReader folder_;
    ChildReader children_;
    HostReader hosts_;
    SnapshotReader snapshot_;
    UseReader uses_;
    PlaceReader place_;
    FolderTree folders_;
    DatastoreReader datastores_;
    std::optional<Time> time_;
};

}  // namespace

Answer VsphereSoap::read(const Question& question)
{
    return session_.reading<Answer>([&](Line& line) {
        Readers readers(question);
        const auto queries = readers.queries();
        if (!queries.empty())
            retrieve_all(session_, line, queries,
                         [&](const Object& object) { readers.add(object); });
        return readers.take(session_.services().root_folder);
    });
}

}  // namespace vimclient::wire
